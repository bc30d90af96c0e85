"""Finds turns whose process died: their beat stands still."""

from __future__ import annotations

import asyncio
import logging
import time
from datetime import UTC, datetime

from chat_app.store.error import DatabaseUnavailable
from chat_app.store.turn_store import TurnStore
from chat_app.turns.event import TurnState
from chat_app.turns.pause import pause

_LOG = logging.getLogger(__name__)
_LOOK_SECONDS = 1.0

LOST = (
    "**The server that wrote this answer ended before it was finished.** What stands here is not the whole answer: "
    "ask again."
)


class LostTurns:
    """Compares beats by this process's own clock, so that clocks of several machines need not agree."""

    def __init__(self, store: TurnStore, runner: str, *, seconds: float) -> None:
        self._store = store
        self._runner = runner
        self._seconds = seconds
        self._stopping = asyncio.Event()
        self._seen: dict[str, tuple[int, float]] = {}

    async def run(self) -> None:
        """Look every second until `stop` is called."""
        while not self._stopping.is_set():
            try:
                await self.look()
            except DatabaseUnavailable as error:
                self._seen.clear()  # beats that could not be read prove nothing
                _LOG.debug("cannot look for lost turns: %s", error)
            await pause(min(_LOOK_SECONDS, self._seconds / 4), self._stopping)

    def stop(self) -> None:
        """End `run` after what it does now: a statement that is cut off spoils its connection."""
        self._stopping.set()

    async def look(self) -> None:
        """Mark those whose beat has stood still for long enough. Errors: DatabaseUnavailable."""
        now = time.monotonic()
        beats = await self._store.beats_elsewhere(self._runner)
        for turn_id, beat in beats.items():
            then, since = self._seen.get(turn_id, (beat, now))
            if then != beat:
                since = now
            self._seen[turn_id] = (beat, since)
            if now - since >= self._seconds:
                ended = {"state": TurnState.LOST.value, "error": LOST, "ended_at": datetime.now(UTC)}
                await self._store.mark_lost(turn_id, beat, ended)
        self._seen = {turn_id: seen for turn_id, seen in self._seen.items() if turn_id in beats}
