"""A pause that can be cut short."""

from __future__ import annotations

import asyncio
from contextlib import suppress


async def pause(seconds: float, news: asyncio.Event) -> None:
    """Return after so many seconds, or as soon as there is news."""
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await news.wait()
