"""Work behind the answers that goes on whatever happens to it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

_LOG = logging.getLogger(__name__)
_AGAIN_SECONDS = 2.0


async def keep_going(work: Callable[[], Awaitable[None]], *, again_seconds: float = _AGAIN_SECONDS) -> None:
    """Do some work until it returns or is cancelled. Where it fails in a way that it does not know of, the log tells
    it, and after a pause the work is begun again: nobody else would."""
    while True:
        try:
            await work()
        except Exception:  # whatever it was, a server that writes nothing any more would look well
            _LOG.exception("work behind the answers failed, and is begun again")
            await asyncio.sleep(again_seconds)
        else:
            return
