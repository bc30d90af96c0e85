"""Reads and writes turns. Rows are those of `schema.turns`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import RowMapping, bindparam, func, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from chat_app.store.database import Database
from chat_app.store.schema import threads, turn_pages, turns

Row = Mapping[str, Any]
_HISTORY = 12
_BEAT = update(turns).values(beat=turns.c.beat + 1)
_GROW = _BEAT.where(turns.c.id == bindparam("turn_id")).values(
    state="running",  # another process may have thought it lost while the database was out of reach
    said=bindparam("new_said"),
    searched=bindparam("new_searched"),
)


@dataclass(slots=True)
class Batch:
    """What is to be written together. A turn stands in one of the lists only: PostgreSQL checks the foreign key of a
    row that is written twice in a transaction, which may deadlock with a thread that is being deleted."""

    threads: list[Row] = field(default_factory=list)
    begun: list[Row] = field(default_factory=list)
    grown: list[Row] = field(default_factory=list)
    ended: list[Row] = field(default_factory=list)
    beating: list[str] = field(default_factory=list)
    pages: list[Row] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.begun or self.grown or self.ended or self.beating)


class TurnStore:
    """Statements are few and take many rows, since each costs SQLite's driver several changes of thread."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self._insert = sqlite.insert if database.is_sqlite else postgresql.insert

    async def write(self, batch: Batch) -> None:
        """Keep all of it, or nothing. Errors: DatabaseUnavailable."""
        async with self.database.transaction() as connection:
            if batch.begun:
                await self._begin(connection, batch)
            if batch.grown:
                await connection.execute(_GROW, batch.grown)
            for row in batch.ended:
                values = {name: value for name, value in row.items() if name != "id"}
                await connection.execute(_BEAT.where(turns.c.id == row["id"]).values(**values))
            if batch.pages:
                await connection.execute(self._insert(turn_pages).on_conflict_do_nothing(), batch.pages)
            if batch.beating:
                await connection.execute(_BEAT.where(turns.c.id.in_(batch.beating)).values(state="running"))

    async def _begin(self, connection: AsyncConnection, batch: Batch) -> None:
        known = self._insert(threads)
        known = known.on_conflict_do_update(index_elements=["id"], set_={"updated_at": known.excluded.updated_at})
        await connection.execute(known, batch.threads)
        await connection.execute(self._insert(turns).on_conflict_do_nothing(), batch.begun)

    async def stops_wanted(self, turn_ids: Sequence[str]) -> dict[str, bool]:
        """Return which of these turns are there, and whether each is to be stopped."""
        statement = select(turns.c.id, turns.c.is_stop_wanted).where(turns.c.id.in_(turn_ids))
        async with self.database.connection() as connection:
            return {row.id: row.is_stop_wanted for row in await connection.execute(statement)}

    async def want_stop(self, turn_id: str) -> None:
        """Ask the process that runs a turn to stop it."""
        async with self.database.connection() as connection:
            await connection.execute(update(turns).where(turns.c.id == turn_id, _running()).values(is_stop_wanted=True))

    async def beats_elsewhere(self, runner: str) -> dict[str, int]:
        """Return the beat of every turn that another process runs."""
        statement = select(turns.c.id, turns.c.beat).where(turns.c.runner != runner, _running())
        async with self.database.connection() as connection:
            return {row.id: row.beat for row in await connection.execute(statement)}

    async def mark_lost(self, turn_id: str, beat: int, ended: Row) -> None:
        """Note that nobody runs a turn any more, unless it has been heard of since that beat."""
        async with self.database.connection() as connection:
            await connection.execute(
                update(turns).where(turns.c.id == turn_id, turns.c.beat == beat, _running()).values(**ended)
            )

    async def tail(self, turn_id: str, after: int) -> RowMapping | None:
        """Return a turn's state and searched, and `tail`: what it said beyond `after` characters."""
        tail = func.substr(turns.c.said, after + 1).label("tail")
        return await self._one(select(turns.c.state, turns.c.searched, tail), turn_id)

    async def turn(self, turn_id: str) -> RowMapping | None:
        """Return a turn, None where there is none."""
        return await self._one(select(turns), turn_id)

    async def _one(self, statement: Any, turn_id: str) -> RowMapping | None:
        async with self.database.connection() as connection:
            return (await connection.execute(statement.where(turns.c.id == turn_id))).mappings().first()

    async def of_thread(self, thread_id: str) -> Sequence[RowMapping]:
        """Return a thread's turns, oldest first."""
        statement = select(turns).where(turns.c.thread_id == thread_id).order_by(turns.c.asked_at, turns.c.id)
        async with self.database.connection() as connection:
            return (await connection.execute(statement)).mappings().all()

    async def before(self, thread_id: str) -> tuple[RowMapping | None, Sequence[Row]]:
        """Return (the thread's owner and visitor, None for a new thread; its last twelve answers, oldest first, where
        only the very last has its `answer`, as that is large)."""
        short = [turns.c.id, turns.c.question, turns.c.standalone, turns.c.said]
        said = select(*short).where(turns.c.thread_id == thread_id, turns.c.state.in_(["done", "stopped"]))
        said = said.where(turns.c.said != "").order_by(turns.c.asked_at.desc(), turns.c.id.desc()).limit(_HISTORY)
        whose = select(threads.c.owner, threads.c.visitor).where(threads.c.id == thread_id)
        async with self.database.connection() as connection:
            thread = (await connection.execute(whose)).mappings().first()
            if thread is None:
                return None, []
            rows: list[Any] = [dict(row) for row in (await connection.execute(said)).mappings()]
            if rows:
                last = select(turns.c.answer).where(turns.c.id == rows[0]["id"])
                rows[0]["answer"] = (await connection.execute(last)).scalar()
        return thread, rows[::-1]


def _running() -> Any:
    return turns.c.state == "running"
