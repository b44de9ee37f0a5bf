"""Daily sales reports, built in the background."""
