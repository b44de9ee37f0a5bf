"""What the copies share: messages, history and counts live in Redis."""

import os
import time

import redis.asyncio

store = redis.asyncio.Redis.from_url(os.environ["REDIS_URL"], decode_responses=True)


async def say(room: str, text: str) -> None:
    await store.rpush(f"history:{room}", text)
    await store.ltrim(f"history:{room}", -20, -1)
    await store.publish(f"room:{room}", text)


async def join(room: str) -> None:
    await store.incr(f"online:{room}")


async def leave(room: str) -> None:
    await store.decr(f"online:{room}")


async def online(room: str) -> int:
    return int(await store.get(f"online:{room}") or 0)


async def recent(room: str) -> list[str]:
    return await store.lrange(f"history:{room}", 0, -1)


async def count_words(room: str, text: str) -> None:
    await store.incrby(f"words:{room}", len(text.split()))


async def words(room: str) -> int:
    return int(await store.get(f"words:{room}") or 0)


async def schedule(room: str, text: str, seconds: float) -> None:
    await store.zadd("reminders", {f"{room}\n{text}": time.time() + seconds})


async def due() -> tuple[str, str] | None:
    """Take the next reminder whose time has come. ZREM answers 1 to one caller only."""
    for item in await store.zrangebyscore("reminders", 0, time.time(), 0, 1):
        if await store.zrem("reminders", item):
            room, _, text = item.partition("\n")
            return room, text
    return None
