"""Groups a stream of small pieces, so that a browser gets some 25 messages a second instead of hundreds."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator

GROUP_SECONDS = 0.04


async def grouped(pieces: AsyncIterator[str], *, seconds: float = GROUP_SECONDS) -> AsyncGenerator[str, None]:
    """Yield the pieces joined: the first at once, then whatever came within `seconds`. A pause holds nothing back.

    The pieces are read by one task from first to last, since what makes them may be bound to its task.
    """
    ready: list[str] = []
    news = asyncio.Event()

    async def pump() -> None:
        try:
            async for piece in pieces:
                ready.append(piece)
                news.set()
        finally:
            news.set()

    pumping = asyncio.create_task(pump())
    try:
        while not (pumping.done() and not ready):
            await news.wait()
            news.clear()
            if ready:
                text = "".join(ready)
                ready.clear()
                yield text
            if not pumping.done():
                await asyncio.wait({pumping}, timeout=seconds)
                news.set()
        await pumping
    finally:
        pumping.cancel()
        await asyncio.wait({pumping})
