"""The web application: `uvicorn chat.main:app`."""

import asyncio
from contextlib import asynccontextmanager

from fastapi import FastAPI, WebSocket, WebSocketDisconnect

from chat import archive
from chat.connections import ConnectionManager


@asynccontextmanager
async def lifespan(app: FastAPI):
    worker = asyncio.create_task(archive.work())
    yield
    worker.cancel()


app = FastAPI(lifespan=lifespan)
manager = ConnectionManager()


@app.websocket("/rooms/{room}")
async def talk(socket: WebSocket, room: str):
    await manager.join(room, socket)
    try:
        while True:
            text = await socket.receive_text()
            await manager.say(room, text)
            archive.pending.put_nowait((room, text))
    except WebSocketDisconnect:
        manager.leave(room, socket)


@app.post("/rooms/{room}/reminders", status_code=202)
async def remind(room: str, text: str, seconds: float):
    asyncio.create_task(remind_later(room, text, seconds))
    return {"in": seconds}


async def remind_later(room: str, text: str, seconds: float) -> None:
    await asyncio.sleep(seconds)
    await manager.say(room, text)


@app.get("/rooms/{room}")
async def show(room: str):
    return {
        "online": manager.online(room),
        "recent": manager.recent(room),
        "words": archive.word_counts.get(room, 0),
    }
