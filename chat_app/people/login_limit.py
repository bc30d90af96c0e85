"""How often a login may fail: the more often it did, the longer the next one has to wait."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from hashlib import sha256

from sqlalchemy import Insert, delete, select, update
from sqlalchemy.dialects import postgresql, sqlite

from chat_app.people.error import TooManyLogins
from chat_app.people.schema import login_failures
from chat_app.store.database import Database

_FREE = {"both": 5, "address": 20, "name": 100}
"""Failures in a row before waiting begins. A name alone has many, or strangers could keep its owner out."""
_LONGEST_WAIT = 900.0
_FORGOTTEN = timedelta(days=1)


class LoginLimit:
    """Counts failed logins of a name, of an address and of both together, in the database: replicas and restarts
    change nothing. Each attempt is counted before its password is looked at, so that many at once do not slip
    through."""

    def __init__(self, database: Database, *, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._database = database
        self._clock = clock

    async def take(self, name: str, address: str) -> None:
        """Count an attempt. Errors: TooManyLogins, and then the attempt was not counted."""
        now, keys = self._clock(), _keys(name, address)
        async with self._database.transaction() as connection:
            await connection.execute(delete(login_failures).where(login_failures.c.last_at < now - _FORGOTTEN))
            rows = await connection.execute(select(login_failures).where(login_failures.c.key.in_(keys.values())))
            kept = {row.key: row for row in rows}
            wait = 0.0
            for kind, key in keys.items():
                if (row := kept.get(key)) is not None and row.failures >= _FREE[kind]:
                    pause = min(_LONGEST_WAIT, 2.0 ** min(row.failures - _FREE[kind], 20))
                    wait = max(wait, pause - (now - row.last_at).total_seconds())
            if wait <= 0:
                for key in keys.values():
                    await connection.execute(_one_more(key, now, is_sqlite=self._database.is_sqlite))
        if wait > 0:
            raise TooManyLogins(max(1, round(wait)))

    async def succeeded(self, name: str, address: str) -> None:
        """Take the attempt back: the password was right."""
        keys, table = _keys(name, address), login_failures
        async with self._database.transaction() as connection:
            for (
                kind,
                key,
            ) in keys.items():  # in the order of `take`, or both might wait for each other
                one = table.c.key == key
                if kind == "both":
                    await connection.execute(delete(table).where(one))
                else:
                    await connection.execute(update(table).where(one).values(failures=table.c.failures - 1))


def _keys(name: str, address: str) -> dict[str, str]:
    """Hashes, in one order: what people type as their name may be anything, even their password."""
    parts = {"address": address, "both": f"{name}\0{address}", "name": name}
    return {kind: sha256(f"{kind}\0{value}".encode()).hexdigest() for kind, value in parts.items()}


def _one_more(key: str, now: datetime, *, is_sqlite: bool) -> Insert:
    values = {"key": key, "failures": 1, "last_at": now}
    changes = {"failures": login_failures.c.failures + 1, "last_at": now}
    if is_sqlite:
        return sqlite.insert(login_failures).values(values).on_conflict_do_update(index_elements=["key"], set_=changes)
    return postgresql.insert(login_failures).values(values).on_conflict_do_update(index_elements=["key"], set_=changes)
