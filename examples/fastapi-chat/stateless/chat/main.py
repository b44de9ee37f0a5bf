"""The web application: `uvicorn chat.main:app`. Each socket has its own subscription, so any copy can serve it."""

import asyncio

from fastapi import FastAPI, WebSocket, WebSocketDisconnect

from chat import rooms

app = FastAPI()


@app.websocket("/rooms/{room}")
async def talk(socket: WebSocket, room: str):
    async with rooms.store.pubsub() as channel:
        await channel.subscribe(f"room:{room}")
        await socket.accept()
        await rooms.join(room)
        forward = asyncio.create_task(forward_messages(channel, socket))
        try:
            while True:
                text = await socket.receive_text()
                await rooms.say(room, text)
                await rooms.count_words(room, text)
        except WebSocketDisconnect:
            await rooms.leave(room)
        finally:
            forward.cancel()
            await asyncio.gather(forward, return_exceptions=True)


async def forward_messages(channel, socket: WebSocket) -> None:
    async for message in channel.listen():
        if message["type"] == "message":
            await socket.send_text(message["data"])


@app.post("/rooms/{room}/reminders", status_code=202)
async def remind(room: str, text: str, seconds: float):
    await rooms.schedule(room, text, seconds)
    return {"in": seconds}


@app.get("/rooms/{room}")
async def show(room: str):
    return {
        "online": await rooms.online(room),
        "recent": await rooms.recent(room),
        "words": await rooms.words(room),
    }
