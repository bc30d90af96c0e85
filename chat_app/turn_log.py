"""Keeps turns and judgements in the lake, behind the answers: slow or broken storage never delays or breaks one."""

from __future__ import annotations

import json
import logging
import queue
import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime

import polars as pl

from chat_app.answer import Answer
from chat_app.turns.live_turn import LiveTurn
from data_contracts.chat_turn import CHAT_TURNS, FEEDBACK
from data_contracts.table import Table
from lake import Lake, LakeError

_LOG = logging.getLogger(__name__)
_WAITING = 1_000
_CLOSE_SECONDS = 10.0


class TurnLog:
    """Appends rows from one thread of its own. At most 1,000 rows wait; more are dropped, with a line in the log."""

    def __init__(self, lake: Lake) -> None:
        self._lake = lake
        self._turns_waiting: set[str] = set()
        self._waiting: queue.Queue[Callable[[], None] | None] = queue.Queue(_WAITING)
        self._thread = threading.Thread(target=self._write, name="turn-log", daemon=True)
        self._thread.start()

    def turn(self, answer: Answer, *, turn_id: str, thread_id: str, asked_at: datetime) -> None:
        """Keep an answered question."""
        self._turns_waiting.add(turn_id)

        def write() -> None:
            try:
                keep_turn(self._lake, answer, turn_id=turn_id, thread_id=thread_id, asked_at=asked_at)
            finally:
                self._turns_waiting.discard(turn_id)

        if not self._put(write):
            self._turns_waiting.discard(turn_id)

    def keep(self, turn: LiveTurn, answer: Answer) -> None:
        """Keep a turn that is done."""
        self.turn(answer, turn_id=turn.id, thread_id=turn.thread_id, asked_at=turn.asked_at)

    def is_waiting(self, turn_id: str) -> bool:
        """Whether a turn is still on its way into the lake."""
        return turn_id in self._turns_waiting

    def judgement(self, turn_id: str, *, is_good: bool, comment: str | None) -> None:
        """Keep what a person thought of an answer."""
        row: dict[str, object] = {
            "turn_id": turn_id,
            "judged_at": datetime.now(UTC),
            "judgement": "up" if is_good else "down",
            "comment": comment,
        }
        self._put(lambda: _append(self._lake, FEEDBACK, row, self._source_of(turn_id)))

    def close(self) -> None:
        """Write what waits, for some seconds."""
        with suppress(queue.Full):  # of a lake that hangs; the thread ends with the process
            self._waiting.put(None, timeout=_CLOSE_SECONDS)
            self._thread.join(timeout=_CLOSE_SECONDS)

    def _put(self, write: Callable[[], None]) -> bool:
        try:
            self._waiting.put_nowait(write)
        except queue.Full:
            _LOG.error("a turn was not kept: %d others wait for the lake at %s", _WAITING, self._lake.url)
            return False
        return True

    def _write(self) -> None:
        while (write := self._waiting.get()) is not None:
            try:
                write()
            except LakeError as error:
                _LOG.error("a turn was not kept: %s", error)
            except Exception:  # one row that cannot be written must not end the thread, and with it all that follow
                _LOG.exception("a turn was not kept")

    def _source_of(self, turn_id: str) -> str:
        """The sources that a turn searched; its row was written before its judgement."""
        turns = self._lake.scan(CHAT_TURNS).filter(pl.col("turn_id") == turn_id).select("source").collect()
        return str(turns["source"][0]) if turns.height else "unknown"


def keep_turn(lake: Lake, answer: Answer, *, turn_id: str, thread_id: str, asked_at: datetime) -> None:
    """Append an answered question to the lake, at once. Errors: LakeError kinds."""
    row: dict[str, object] = {
        "turn_id": turn_id,
        "thread_id": thread_id,
        "question": answer.question,
        "answer": answer.text,
        "model": answer.model,
        "citations": json.dumps([citation.as_json() for citation in answer.citations], ensure_ascii=False),
        "releases": json.dumps(dict(answer.releases)),
        "asked_at": asked_at,
        "milliseconds": answer.milliseconds,
        "standalone": answer.standalone or answer.question,
        "is_answered": answer.relevant,
        "support": answer.support.share,
        "input_tokens": answer.usage.input_tokens,
        "output_tokens": answer.usage.output_tokens,
        "cached_tokens": answer.usage.cached_tokens,
        "cost": answer.cost,
        "prices": answer.prices,
        "is_cached": answer.cached,
        "first_text_milliseconds": answer.first_text_milliseconds,
    }
    _append(lake, CHAT_TURNS, row, ",".join(sorted(answer.releases)))


def _append(lake: Lake, table: Table, row: dict[str, object], source: str) -> None:
    schema = {name: kind for name, kind in table.schema.create_empty().schema.items() if name in row}
    lake.append(table, pl.DataFrame([row], schema=schema), source=source)
