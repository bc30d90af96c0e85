"""The keys that were made, in the chat's database."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from sqlalchemy import Row, insert, select, update
from sqlalchemy.exc import IntegrityError

from chat_app.doors.api_key import ApiKey, digest, new_secret, shown
from chat_app.doors.schema import api_keys
from chat_app.error import ChatError
from chat_app.store.database import Database


class KeyRing:
    """Makes, finds and revokes keys. A revoked key opens nothing from that moment on, at every process."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(
        self,
        name: str,
        *,
        sources: Sequence[str] | None = None,
        per_minute: int = 60,
        daily_dollars: float | None = None,
        expires_at: datetime | None = None,
    ) -> str:
        """Make a key and return its secret, which nobody can look up again. Errors: ChatError for a name in use."""
        secret = new_secret()
        row = {
            "id": uuid4().hex,
            "name": name,
            "digest": digest(secret),
            "shown": shown(secret),
            "sources": sorted(set(sources)) if sources else None,
            "per_minute": per_minute,
            "daily_dollars": daily_dollars,
            "created_at": datetime.now(UTC),
            "expires_at": expires_at,
        }
        try:
            async with self._database.transaction() as connection:
                await connection.execute(insert(api_keys).values(row))
        except IntegrityError as error:
            raise ChatError(f"There is or was a key named {name!r}. Choose another name.") from error
        return secret

    async def all(self) -> list[ApiKey]:
        """Return all keys, oldest first, revoked ones too."""
        async with self._database.connection() as connection:
            rows = await connection.execute(select(api_keys).order_by(api_keys.c.created_at, api_keys.c.name))
            return [_key(row) for row in rows]

    async def find(self, secret: str) -> ApiKey | None:
        """Return the key of a secret, in whatever state it is."""
        async with self._database.connection() as connection:
            rows = await connection.execute(select(api_keys).where(api_keys.c.digest == digest(secret)))
            row = rows.one_or_none()
        return None if row is None else _key(row)

    async def revoke(self, name: str) -> bool:
        """End a key for good; False when there is no valid key of that name."""
        wanted = (api_keys.c.name == name) & api_keys.c.revoked_at.is_(None)
        async with self._database.transaction() as connection:
            done = await connection.execute(update(api_keys).where(wanted).values(revoked_at=datetime.now(UTC)))
            return done.rowcount > 0


def _key(row: Row[Any]) -> ApiKey:
    return ApiKey(
        key_id=row.id,
        name=row.name,
        shown=row.shown,
        sources=None if row.sources is None else frozenset(row.sources),
        per_minute=row.per_minute,
        daily_dollars=row.daily_dollars,
        created_at=row.created_at,
        expires_at=row.expires_at,
        revoked_at=row.revoked_at,
    )
