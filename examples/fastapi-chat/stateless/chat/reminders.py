"""Sends reminders when they are due, a process of its own: `python -m chat.reminders`."""

import asyncio

from chat import rooms


async def main() -> None:
    while True:
        while reminder := await rooms.due():
            await rooms.say(*reminder)
        await asyncio.sleep(0.2)


if __name__ == "__main__":
    asyncio.run(main())
