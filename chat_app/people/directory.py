"""Who the chat knows, in the table `people`."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Row, insert, select, update
from sqlalchemy.exc import IntegrityError

from chat_app.people.error import PersonExists, PersonUnknown, UnfitName
from chat_app.people.person import Person, with_reader
from chat_app.people.schema import people
from chat_app.store.database import Database

_NOT_PEOPLE = ("key ", "visitor-")
"""How the askers begin who are keys of programs, or browsers that nobody has logged in with."""


class Directory:
    """Reads and changes people. Errors of every method: DatabaseError kinds."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def find(self, name: str) -> Person | None:
        """Return a person, None when nobody has the name."""
        async with self._database.connection() as connection:
            row = (await connection.execute(select(people).where(people.c.name == name))).one_or_none()
        return _person(row) if row else None

    async def password_hash(self, name: str) -> str | None:
        """Return what is kept of a person's password; None for nobody, and for those without."""
        query = select(people.c.password_hash).where(people.c.name == name, people.c.is_disabled.is_(False))
        async with self._database.connection() as connection:
            kept: str | None = (await connection.execute(query)).scalar_one_or_none()
        return kept

    async def everybody(self) -> list[Person]:
        """Return all people, by name."""
        async with self._database.connection() as connection:
            return [_person(row) for row in await connection.execute(select(people).order_by(people.c.name))]

    async def add(
        self, name: str, *, display_name: str = "", password_hash: str | None = None,
        roles: Iterable[str] = (), groups: Iterable[str] = (),
    ) -> Person:  # fmt: skip
        """Add a person. Errors: PersonExists, UnfitName."""
        if name.lower().startswith(_NOT_PEOPLE):
            raise UnfitName(f"Nobody can be called {name}: programs and visitors are called so. Choose another name.")
        now = datetime.now(UTC)
        row = {
            "name": name,
            "display_name": display_name or name,
            "password_hash": password_hash,
            "roles": sorted(with_reader(frozenset(roles))),
            "groups": sorted(set(groups)),
            "is_disabled": False,
            "sessions_from": now,
            "created_at": now,
        }
        try:
            async with self._database.connection() as connection:
                await connection.execute(insert(people).values(row))
        except IntegrityError as error:
            raise PersonExists(f"There is somebody called {name} already. Choose another name.") from error
        return await self.person(name)

    async def person(self, name: str) -> Person:
        """Return a person. Errors: PersonUnknown."""
        if (found := await self.find(name)) is None:
            raise PersonUnknown(f"Nobody is called {name}. `lorechat people list` shows everybody.")
        return found

    async def logged_in(
        self, name: str, *, display_name: str = "", roles: Iterable[str] | None = None,
        groups: Iterable[str] | None = None,
    ) -> Person:  # fmt: skip
        """Note a login, and what an identity provider says of the person; somebody new is added. What is None stays as
        it was."""
        if await self.find(name) is None:
            with suppress(PersonExists):  # another process was first
                await self.add(name, display_name=display_name)
        changes: dict[str, Any] = {"last_login_at": datetime.now(UTC)}
        if display_name:
            changes["display_name"] = display_name
        if roles is not None:
            changes["roles"] = sorted(with_reader(frozenset(roles)))
        if groups is not None:
            changes["groups"] = sorted(set(groups))
        return await self._change(name, changes)

    async def set_roles(self, name: str, roles: Iterable[str]) -> Person:
        """Give a person other roles. Errors: PersonUnknown."""
        return await self._change(name, {"roles": sorted(with_reader(frozenset(roles)))})

    async def set_groups(self, name: str, groups: Iterable[str]) -> Person:
        """Put a person into other groups. Errors: PersonUnknown."""
        return await self._change(name, {"groups": sorted(set(groups))})

    async def set_password(self, name: str, password_hash: str) -> Person:
        """Give a person another password and end their sessions. Errors: PersonUnknown."""
        return await self._change(name, {"password_hash": password_hash, "sessions_from": datetime.now(UTC)})

    async def set_disabled(self, name: str, *, is_disabled: bool) -> Person:
        """Keep a person out, or let them in again; their sessions end either way. Errors: PersonUnknown."""
        return await self._change(name, {"is_disabled": is_disabled, "sessions_from": datetime.now(UTC)})

    async def _change(self, name: str, changes: dict[str, Any]) -> Person:
        async with self._database.connection() as connection:
            await connection.execute(update(people).where(people.c.name == name).values(changes))
        return await self.person(name)


def _person(row: Row[Any]) -> Person:
    return Person(
        name=row.name,
        display_name=row.display_name,
        roles=with_reader(frozenset(row.roles)),
        groups=frozenset(row.groups),
        is_disabled=row.is_disabled,
        sessions_from=row.sessions_from,
    )
