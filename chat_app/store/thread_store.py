"""Reads and writes threads and judgements. `who` is the name that owns a thread: a person's, or a visit's."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import RowMapping, and_, delete, func, insert, literal, or_, select, update
from sqlalchemy.sql import ColumnElement

from chat_app.store.database import Database
from chat_app.store.schema import feedback, threads, turns

AUTHOR = func.coalesce(func.nullif(threads.c.owner, ""), threads.c.visitor)
"""SQL for whose a thread is."""


class ThreadStore:
    """Errors of all methods: DatabaseUnavailable."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def author(self, thread_id: str) -> str:
        """Return whose a thread is, "" where there is none."""
        async with self._database.connection() as connection:
            return str((await connection.execute(select(AUTHOR).where(threads.c.id == thread_id))).scalar() or "")

    async def thread(self, thread_id: str) -> RowMapping | None:
        """Return a thread with its `author`."""
        statement = select(threads, AUTHOR.label("author")).where(threads.c.id == thread_id)
        async with self._database.connection() as connection:
            return (await connection.execute(statement)).mappings().first()

    async def of(
        self, who: str, *, search: str = "", is_good: bool | None = None, before: str | None = None, most: int = 20
    ) -> Sequence[RowMapping]:
        """Return somebody's threads, the last used first; `search` is looked for in names, questions and answers,
        `is_good` keeps those with such a judgement, `before` is the id of the last thread of the page before."""
        if not who:
            return []
        wanted: list[ColumnElement[bool]] = [_is_of(who)]
        if search.strip():
            wanted.append(_speaks_of(search.strip()))
        if is_good is not None:
            judged = select(feedback.c.id).join(turns, turns.c.id == feedback.c.turn_id)
            wanted.append(judged.where(turns.c.thread_id == threads.c.id, feedback.c.is_good == is_good).exists())
        async with self._database.connection() as connection:
            if before:
                place = select(threads.c.updated_at).where(threads.c.id == before, *wanted[:1])
                then = (await connection.execute(place)).scalar()
                if then is not None:
                    earlier = threads.c.updated_at < then
                    wanted.append(or_(earlier, and_(threads.c.updated_at == then, threads.c.id < before)))
            statement = select(threads, AUTHOR.label("author")).where(*wanted)
            statement = statement.order_by(threads.c.updated_at.desc(), threads.c.id.desc()).limit(most)
            return (await connection.execute(statement)).mappings().all()

    async def rename(self, thread_id: str, name: str) -> None:
        """Give a thread another name."""
        await self._change(thread_id, name=name)

    async def note(self, thread_id: str, details: dict[str, Any]) -> None:
        """Keep what the page needs to go on with a thread."""
        await self._change(thread_id, details=details)

    async def _change(self, thread_id: str, **values: Any) -> None:
        async with self._database.connection() as connection:
            await connection.execute(update(threads).where(threads.c.id == thread_id).values(**values))

    async def delete(self, thread_id: str) -> None:
        """Delete a thread with its turns and their judgements; a turn that runs in it is stopped."""
        async with self._database.connection() as connection:
            await connection.execute(delete(threads).where(threads.c.id == thread_id))

    async def judge(self, turn_id: str, who: str, *, is_good: bool, comment: str | None) -> bool:
        """Keep what somebody thinks of an answer that they were given, in place of what they thought before; return
        whether they were. A turn that is not kept has no judgement either."""
        row = {"id": uuid.uuid4().hex, "turn_id": turn_id, "is_good": is_good, "comment": comment}
        async with self._database.transaction() as connection:
            known = await connection.execute(select(turns.c.id).where(turns.c.id == turn_id, _given_to(who)))
            if known.first() is None:
                return False
            await connection.execute(delete(feedback).where(feedback.c.turn_id == turn_id))
            await connection.execute(insert(feedback), [row | {"judged_at": datetime.now(UTC)}])
        return True

    async def unjudge(self, judgement_id: str, who: str) -> None:
        """Take somebody's own judgement back. Its id may be the turn's."""
        which = or_(feedback.c.id == judgement_id, feedback.c.turn_id == judgement_id)
        own = feedback.c.turn_id.in_(select(turns.c.id).where(_given_to(who)))
        async with self._database.connection() as connection:
            await connection.execute(delete(feedback).where(which, own))

    async def author_of_turn(self, turn_id: str) -> str:
        """Return whose a turn is, "" where there is none."""
        statement = select(AUTHOR).join(turns, turns.c.thread_id == threads.c.id).where(turns.c.id == turn_id)
        async with self._database.connection() as connection:
            return str((await connection.execute(statement)).scalar() or "")

    async def judgements(self, thread_id: str) -> dict[str, RowMapping]:
        """Return the judgements of a thread's turns, by turn."""
        statement = select(feedback).join(turns, turns.c.id == feedback.c.turn_id).where(turns.c.thread_id == thread_id)
        async with self._database.connection() as connection:
            return {row["turn_id"]: row for row in (await connection.execute(statement)).mappings()}


def _given_to(who: str) -> ColumnElement[bool]:
    """SQL for the turns in somebody's threads."""
    return turns.c.thread_id.in_(select(threads.c.id).where(_is_of(who)))


def _is_of(who: str) -> ColumnElement[bool]:
    """SQL for somebody's threads; nobody has none."""
    return and_(or_(threads.c.owner == who, and_(_nobody, threads.c.visitor == who)), literal(who) != "")


_nobody = threads.c.owner == ""


def _speaks_of(words: str) -> ColumnElement[bool]:
    inside = turns.c.question.icontains(words, autoescape=True) | turns.c.said.icontains(words, autoescape=True)
    said = select(turns.c.id).where(turns.c.thread_id == threads.c.id, inside).exists()
    return or_(threads.c.name.icontains(words, autoescape=True), said)
