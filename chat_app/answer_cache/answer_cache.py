"""Kept answers in the chat's database, so that all replicas share them: a bounded number, for a bounded time."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Callable, Collection, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import ColumnElement, delete, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from chat_app.money.schema import cached_answer_pages, cached_answers
from chat_app.store.database import Database
from chat_app.store.error import DatabaseError
from data_contracts.identity import text_hash
from data_contracts.passage import Passage

_LOG = logging.getLogger(__name__)
_PATIENCE = 1.0
"""Seconds that an answer waits for this table: a cache that is slower than that is no gain."""
_HASHES_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class KeptAnswer:
    """`text` is verified markdown with its markers, `model` who wrote it, `made_at` when."""

    text: str
    model: str
    made_at: datetime


def _now() -> datetime:
    return datetime.now(UTC)


class AnswerCache:
    """At most `most` answers, those used last, none older than `days`. A database that is away or slow is a miss."""

    def __init__(
        self, database: Database, *, most: int = 10_000, days: int = 30, clock: Callable[[], datetime] = _now
    ) -> None:
        self._database = database
        self._most = most
        self._age = timedelta(days=days)
        self._clock = clock

    async def find(self, key: str) -> KeptAnswer | None:
        """Return the answer that is kept under a key."""
        async with _patience("looked for"), self._database.connection() as connection:
            found = select(cached_answers.c.answer, cached_answers.c.made_at).where(self._is_valid(key))
            row = (await connection.execute(found)).first()
            if row is not None:
                kept = json.loads(row.answer)
                return KeptAnswer(kept["text"], kept["model"], row.made_at)
        return None

    async def use(self, key: str) -> None:
        """Count that an answer was given again: those used last are kept longest."""
        used = {"used_at": self._clock(), "uses": cached_answers.c.uses + 1}
        async with _patience("counted"), self._database.connection() as connection:
            await connection.execute(update(cached_answers).where(self._is_valid(key)).values(used))

    def _is_valid(self, key: str) -> ColumnElement[bool]:
        return (cached_answers.c.key == key) & (cached_answers.c.made_at > self._clock() - self._age)

    async def keep(self, key: str, answer: KeptAnswer, passages: Sequence[Passage]) -> None:
        """Keep an answer that was made from passages, and let go of what is too old or too much."""
        now = self._clock()
        row = {
            "key": key,
            "answer": json.dumps({"text": answer.text, "model": answer.model}, ensure_ascii=False),
            "made_at": answer.made_at,
            "used_at": now,
            "uses": 0,
        }
        pages = {(passage.source, text_hash(passage.url)) for passage in passages}
        async with _patience("kept"), self._database.transaction() as connection:
            new = (postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert)(cached_answers)
            added = await connection.execute(new.values(row).on_conflict_do_nothing().returning(cached_answers.c.key))
            if added.first() is None:
                return
            rows = [{"key": key, "source": source, "url_hash": page} for source, page in sorted(pages)]
            await connection.execute(insert(cached_answer_pages), rows)
            await connection.execute(delete(cached_answers).where(cached_answers.c.made_at <= now - self._age))
            newest = select(cached_answers.c.used_at).order_by(cached_answers.c.used_at.desc())
            oldest = newest.limit(1).offset(self._most).scalar_subquery()
            await connection.execute(delete(cached_answers).where(cached_answers.c.used_at <= oldest))

    async def erase(self, source: str, url_hashes: Collection[str] | None, *, before: datetime) -> int:
        """Delete the answers that were made from pages before an instant, as `Forgetting` says. An erasure must not
        fail in silence: Errors: DatabaseError kinds."""
        pages = select(cached_answer_pages.c.key).where(cached_answer_pages.c.source == source)
        some = (
            [pages]
            if url_hashes is None
            else [pages.where(cached_answer_pages.c.url_hash.in_(portion)) for portion in _portions(sorted(url_hashes))]
        )
        gone = 0
        async with self._database.transaction() as connection:
            for touched in some:
                made_of_them = cached_answers.c.key.in_(touched) & (cached_answers.c.made_at < before)
                gone += (await connection.execute(delete(cached_answers).where(made_of_them))).rowcount
        return gone


def _portions(hashes: Sequence[str]) -> list[Sequence[str]]:
    return [hashes[at : at + _HASHES_AT_ONCE] for at in range(0, len(hashes), _HASHES_AT_ONCE)]


@asynccontextmanager
async def _patience(done: str) -> AsyncIterator[None]:
    """An answer is given without the cache when the cache's place does not answer in time."""
    try:
        async with asyncio.timeout(_PATIENCE):
            yield
    except (DatabaseError, TimeoutError) as error:
        _LOG.warning("no kept answer could be %s: %s", done, error or "the database is slow")
