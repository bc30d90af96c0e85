"""Server-sent events that reach the reader one by one, whatever stands between."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator
from contextlib import aclosing

from starlette.responses import StreamingResponse

KEEP_ALIVE = b": keep-alive\n\n"
"""A comment, which clients skip (server-sent events, HTML standard, 9.2.6)."""

_HEADERS = {
    "Cache-Control": "no-cache, no-transform",  # no proxy compresses, and so none collects, the stream
    "X-Accel-Buffering": "no",  # nginx passes each piece on at once
}


def event(data: object, *, name: str = "") -> bytes:
    """Return one event; `data` is sent as JSON."""
    head = f"event: {name}\n" if name else ""
    return f"{head}data: {json.dumps(data, ensure_ascii=False)}\n\n".encode()


async def event_stream(events: AsyncGenerator[bytes, None], *, heartbeat: float) -> StreamingResponse:
    """Return a response that sends events as they come, with a comment after each `heartbeat` seconds of silence.

    Waits for the first event, for one heartbeat at most, and raises what the events raise before it: such a failure
    still gets its own status. The events are read by one task, and closed when the client goes away, so that nothing
    is written for nobody.
    """
    reading = _Reading(events)
    first = await reading.following(heartbeat)
    return StreamingResponse(reading.all(first, heartbeat), media_type="text/event-stream", headers=_HEADERS)


class _Reading:
    def __init__(self, events: AsyncGenerator[bytes, None]) -> None:
        self._ready: asyncio.Queue[bytes | None] = asyncio.Queue()
        self._task = asyncio.create_task(self._read(events))

    async def _read(self, events: AsyncGenerator[bytes, None]) -> None:
        try:
            async with aclosing(events):
                async for piece in events:
                    self._ready.put_nowait(piece)
        finally:
            self._ready.put_nowait(None)

    async def following(self, seconds: float) -> bytes | None:
        """The next event, or a comment after that many seconds; None at the end. Raises what the events raised."""
        try:
            async with asyncio.timeout(seconds):
                piece = await self._ready.get()
        except TimeoutError:
            return KEEP_ALIVE
        if piece is None:
            await self._task
        return piece

    async def all(self, piece: bytes | None, seconds: float) -> AsyncGenerator[bytes, None]:
        try:
            while piece is not None:
                yield piece
                piece = await self.following(seconds)
        finally:
            self._task.cancel()
            await asyncio.wait({self._task})
