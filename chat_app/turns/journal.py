"""Writes the turns of this process into the database: all together, a few times a second."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from sqlalchemy.exc import SQLAlchemyError

from chat_app.store.error import DatabaseUnavailable
from chat_app.store.turn_store import Batch, TurnStore
from chat_app.turns.event import TurnState
from chat_app.turns.live_turn import LiveTurn
from chat_app.turns.pause import pause
from chat_app.turns.turn_row import begun_row, ended_row, grown_row, page_rows, thread_row

_LOG = logging.getLogger(__name__)
_WRITE_SECONDS = 0.4
_GROW_SECONDS = 0.3  # between two writes of one turn, however often others begin or end
_BEAT_SECONDS = 2.0
_AGAIN_SECONDS = 2.0
_UNKEPT = 500


@dataclass(eq=False)
class _Entry:
    turn: LiveTurn
    is_begun: bool = False
    written: tuple[int, int] = (0, 0)
    written_at: float = 0.0

    @property
    def has_ended(self) -> bool:
        return self.turn.state is not TurnState.RUNNING

    @property
    def now(self) -> tuple[int, int]:
        """Characters said and pages known."""
        return len(self.turn.said), len(self.turn.pages)


class Journal:
    """One transaction every 0.4 s for all turns, so that its cost hardly grows with their number. When the database
    fails, or before `run` is called, turns go on and are written as soon as it works; at most 500 ended ones wait for
    that.

    `problem` says why the last write failed, None when it went well. `on_stop` is called with the turns that another
    process wants to be stopped, or whose thread was deleted.
    """

    def __init__(self, store: TurnStore, runner: str, on_stop: Callable[[LiveTurn], None]) -> None:
        self._store = store
        self._runner = runner
        self._on_stop = on_stop
        self._entries: dict[str, _Entry] = {}
        self._refused: set[str] = set()
        self._wake = asyncio.Event()
        self._round = asyncio.Event()
        self._stopping = asyncio.Event()
        self._looked_at = 0.0
        self.is_open = False
        self.problem: str | None = None

    async def begin(self, turn: LiveTurn) -> bool:
        """Keep a new turn; return whether it is kept."""
        self._entries[turn.id] = _Entry(turn)
        return await self._written(turn, lambda entry: entry is None or entry.is_begun)

    async def end(self, turn: LiveTurn) -> bool:
        """Keep a turn that ended; return whether it is kept."""
        is_done = await self._written(turn, lambda entry: entry is None)
        is_refused = turn.id in self._refused
        self._refused.discard(turn.id)
        return is_done and not is_refused

    async def _written(self, turn: LiveTurn, is_done: Callable[[_Entry | None], bool]) -> bool:
        self._wake.set()
        if not self.is_open:
            self._forget_oldest()
            return False
        while not is_done(self._entries.get(turn.id)):
            await self._round.wait()
            if self.problem is not None:
                return False
        return True

    async def run(self) -> None:
        """Write until `stop` is called, and then what is left."""
        self.is_open = True
        while not self._stopping.is_set():
            began = time.monotonic()
            await self.flush()
            took = time.monotonic() - began
            if self.problem:
                await pause(_AGAIN_SECONDS, self._stopping)
            else:
                await pause(max(_WRITE_SECONDS, took), self._wake)
        await self.flush()

    def stop(self) -> None:
        """End `run` after what it writes now."""
        self._stopping.set()
        self._wake.set()

    async def flush(self) -> None:
        """Write what is new, once."""
        self._wake.clear()
        batch, done = self._collect()
        try:
            if batch:
                await self._write(batch, done)
            await self._look_for_stops()
        except DatabaseUnavailable as error:
            if self.problem is None:
                _LOG.error("turns are not kept: %s", error)
            self.problem = str(error)
            self._forget_oldest()
        else:
            self.problem = None
        round_, self._round = self._round, asyncio.Event()
        round_.set()

    def _collect(self) -> tuple[Batch, list[Callable[[], None]]]:
        """Return what is to be written, and what to note when it is."""
        batch = Batch()
        done: list[Callable[[], None]] = []
        now = time.monotonic()
        for entry in sorted(self._entries.values(), key=lambda entry: entry.turn.id):
            was = entry.now, entry.has_ended
            try:
                if self._add(entry, batch, now):
                    done.append(partial(self._note, entry, was[0], now, was[1]))
            except Exception:  # one turn that cannot be written as a row must not keep the others out
                _LOG.exception("a turn cannot be kept")
                self._entries.pop(entry.turn.id)
                self._refused.add(entry.turn.id)
        batch.threads = list({row["id"]: row for row in batch.threads}.values())
        return batch, done

    def _add(self, entry: _Entry, batch: Batch, now: float) -> bool:
        """Put into the batch what is new of a turn; return whether there was anything."""
        if not entry.is_begun:
            batch.threads.append(thread_row(entry.turn))
            batch.begun.append(begun_row(entry.turn, self._runner))
        elif entry.has_ended:
            batch.ended.append({"id": entry.turn.id, **ended_row(entry.turn)})
        elif entry.now != entry.written and now - entry.written_at >= _GROW_SECONDS:
            batch.grown.append(grown_row(entry.turn))
        elif now - entry.written_at >= _BEAT_SECONDS:
            batch.beating.append(entry.turn.id)
        else:
            return False
        if len(entry.turn.pages) != entry.written[1]:
            batch.pages += page_rows(entry.turn)
        return True

    def _note(self, entry: _Entry, written: tuple[int, int], at: float, has_ended: bool) -> None:
        entry.is_begun, entry.written, entry.written_at = True, written, at
        if has_ended:
            self._entries.pop(entry.turn.id, None)

    async def _write(self, batch: Batch, done: list[Callable[[], None]]) -> None:
        try:
            await self._store.write(batch)
        except DatabaseUnavailable:
            raise
        except SQLAlchemyError:
            _LOG.exception("a batch of turns was refused; each is tried alone")
            await self._write_singly(batch)
        for note in done:
            note()

    async def _write_singly(self, batch: Batch) -> None:
        """One row that the database refuses must not keep the others out."""
        threads = {row["id"]: row for row in batch.threads}
        single = [Batch(threads=[threads[row["thread_id"]]], begun=[row]) for row in batch.begun]
        single += [Batch(pages=[row]) for row in batch.pages]
        single += [Batch(grown=[row]) for row in batch.grown] + [Batch(ended=[row]) for row in batch.ended]
        for part in single:
            try:
                await self._store.write(part)
            except DatabaseUnavailable:
                raise
            except SQLAlchemyError:
                _LOG.exception("a turn was refused by the database and is not kept")
                self._refused |= {str(row["id"]) for row in (*part.begun, *part.ended)}

    async def _look_for_stops(self) -> None:
        running = [entry for entry in self._entries.values() if entry.is_begun and not entry.has_ended]
        if not running or time.monotonic() - self._looked_at < _GROW_SECONDS:
            return
        self._looked_at = time.monotonic()
        wanted = await self._store.stops_wanted([entry.turn.id for entry in running])
        for entry in running:
            if wanted.get(entry.turn.id, True):
                self._on_stop(entry.turn)

    def _forget_oldest(self) -> None:
        ended = [entry.turn.id for entry in self._entries.values() if entry.has_ended]
        for turn_id in ended[: max(0, len(ended) - _UNKEPT)]:
            del self._entries[turn_id]
