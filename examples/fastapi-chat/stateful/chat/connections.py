"""Who is connected, and what was said."""

from fastapi import WebSocket


class ConnectionManager:
    """Knows the sockets of this process only: people on another copy never hear each other."""

    def __init__(self) -> None:
        self.rooms: dict[str, set[WebSocket]] = {}
        self.history: dict[str, list[str]] = {}

    async def join(self, room: str, socket: WebSocket) -> None:
        await socket.accept()
        self.rooms.setdefault(room, set()).add(socket)

    def leave(self, room: str, socket: WebSocket) -> None:
        self.rooms[room].discard(socket)

    async def say(self, room: str, text: str) -> None:
        self.history.setdefault(room, []).append(text)
        for socket in list(self.rooms.get(room, ())):
            await socket.send_text(text)

    def online(self, room: str) -> int:
        return len(self.rooms.get(room, ()))

    def recent(self, room: str) -> list[str]:
        return self.history.get(room, [])[-20:]
