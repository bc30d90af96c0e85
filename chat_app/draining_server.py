"""A web server that finishes what it began before it ends."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from types import FrameType
from typing import Any

import uvicorn

_LOG = logging.getLogger(__name__)


class DrainingServer(uvicorn.Server):
    """At the first signal to end it goes on serving until `drain` is done, so that running answers reach their readers
    and `/health/ready` tells balancers to send nobody any more; at the second it ends at once."""

    def __init__(self, config: uvicorn.Config, drain: Callable[[], Awaitable[None]]) -> None:
        super().__init__(config)
        self._drain = drain
        self._loop: asyncio.AbstractEventLoop | None = None
        self._draining: asyncio.Task[None] | None = None
        self._was_asked = False

    async def startup(self, *args: Any, **kwargs: Any) -> None:
        self._loop = asyncio.get_running_loop()
        await super().startup(*args, **kwargs)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Called by the signal, between any two instructions of the loop."""
        if self._loop is None or self._was_asked:
            super().handle_exit(sig, frame)
            return
        self._was_asked = True
        self._loop.call_soon_threadsafe(self._begin, sig)

    def _begin(self, sig: int) -> None:
        self._draining = asyncio.create_task(self._end_when_done(sig))

    async def _end_when_done(self, sig: int) -> None:
        try:
            await self._drain()
        finally:
            super().handle_exit(sig, None)
