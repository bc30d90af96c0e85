"""Conversations that their owner lets others read."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime
from hashlib import sha256

from sqlalchemy import RowMapping, delete, func, insert, select

from chat_app.people.schema import shares
from chat_app.store.database import Database


class Shares:
    """A share is a token of 256 random bits, of which the hash is kept. Errors of all methods: DatabaseUnavailable."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, thread_id: str, owner: str) -> str:
        """Share what was asked in a thread until now; return the token."""
        token, now = secrets.token_urlsafe(32), datetime.now(UTC)
        row = {"token_hash": _hash(token), "thread_id": thread_id, "owner": owner, "up_to": now, "created_at": now}
        async with self._database.connection() as connection:
            await connection.execute(insert(shares).values(row))
        return token

    async def find(self, token: str) -> RowMapping | None:
        """Return a token's row of `shares`; None when there is none, or it was taken back."""
        async with self._database.connection() as connection:
            found = await connection.execute(select(shares).where(shares.c.token_hash == _hash(token)))
            return found.mappings().first()

    async def counts(self, owner: str) -> dict[str, int]:
        """Return how many tokens each thread of an owner has."""
        query = select(shares.c.thread_id, func.count()).where(shares.c.owner == owner).group_by(shares.c.thread_id)
        async with self._database.connection() as connection:
            return {row[0]: row[1] for row in await connection.execute(query)}

    async def take_back(self, thread_id: str, owner: str) -> None:
        """Take back all tokens of a thread."""
        mine = (shares.c.thread_id == thread_id) & (shares.c.owner == owner)
        async with self._database.connection() as connection:
            await connection.execute(delete(shares).where(mine))


def _hash(token: str) -> str:
    return sha256(token.encode()).hexdigest()
