"""A chat with rooms, over websockets."""
