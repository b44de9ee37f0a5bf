"""Counts the words of each room, one message after the other, in the background."""

import asyncio

pending: asyncio.Queue = asyncio.Queue()
word_counts: dict[str, int] = {}


async def work() -> None:
    while True:
        room, text = await pending.get()
        word_counts[room] = word_counts.get(room, 0) + len(text.split())
        pending.task_done()
