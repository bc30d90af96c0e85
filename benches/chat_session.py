"""A person's browser, as far as the chat's server can tell: the toolkit's socket.io protocol over a real websocket."""

from __future__ import annotations

import asyncio
import json
import time
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import httpx
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Origin

_PATIENCE = 120.0


@dataclass
class ChatSession:
    """One open page. It offers compression, as browsers do, and answers the server's pings."""

    socket: ClientConnection
    said: str = ""
    _begun: asyncio.Event = field(default_factory=asyncio.Event)
    _answered: asyncio.Event = field(default_factory=asyncio.Event)
    _reading: asyncio.Task[None] | None = None

    @classmethod
    async def open(cls, address: str) -> ChatSession:
        """Connect and do what the page does when it has loaded."""
        place = address.replace("http", "ws", 1)
        url = f"{place}/ws/socket.io/?EIO=4&transport=websocket"
        async with httpx.AsyncClient(base_url=address, timeout=_PATIENCE) as page:
            entered = await page.post("/auth/header")
            entered.raise_for_status()
            cookie = "; ".join(f"{name}={value}" for name, value in page.cookies.items())
        socket = await connect(
            url,
            origin=Origin(address),
            additional_headers={"Cookie": cookie},
            compression="deflate",
            max_size=None,
        )
        await _until(socket, "0")
        about = {
            "clientType": "webapp",
            "sessionId": str(uuid4()),
            "threadId": "",
            "userEnv": "{}",
            "chatProfile": "",
        }
        await socket.send(f"40{json.dumps(about)}")
        await _until(socket, "40")
        session = cls(socket)
        session._reading = asyncio.create_task(session._read())
        await session._emit("connection_successful")
        async with asyncio.timeout(_PATIENCE):
            await session._begun.wait()
        return session

    async def ask(self, text: str) -> float:
        """Send a question and wait for the whole answer; return the monotonic second at which it was sent."""
        self._answered.clear()
        self.said = ""
        message = {
            "id": str(uuid4()),
            "name": "user",
            "type": "user_message",
            "output": text,
            "createdAt": "2026-01-01T00:00:00.000Z",
            "threadId": "",
        }
        sent = time.monotonic()
        await self._emit("client_message", {"message": message, "fileReferences": []})
        async with asyncio.timeout(_PATIENCE):
            await self._answered.wait()
        return sent

    async def close(self) -> None:
        """Close the page."""
        await self.socket.close()
        if self._reading is not None:
            await self._reading

    async def _emit(self, name: str, *data: Any) -> None:
        await self.socket.send("42" + json.dumps([name, *data]))

    async def _read(self) -> None:
        async for packet in self.socket:
            text = packet if isinstance(packet, str) else packet.decode()
            if text == "2":
                await self.socket.send("3")
            elif text.startswith("42"):
                self._event(*json.loads(text[text.index("[") :]))

    def _event(self, name: str, data: Any = None, *_: Any) -> None:
        if name in ("new_message", "update_message") and data.get("type") == "assistant_message":
            self.said = data.get("output") or self.said
        elif name == "update_message" and data.get("type") == "run":
            (self._begun if data.get("name") == "on_chat_start" else self._answered).set()


async def _until(socket: ClientConnection, kind: str) -> None:
    """Read up to a packet of a kind."""
    async with asyncio.timeout(_PATIENCE):
        while not str(await socket.recv()).startswith(kind):
            pass
