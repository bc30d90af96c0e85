"""Everything about people, opened once for the server and the conversation."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Iterable, Mapping

from chat_app.people.access import SourceAccess, read_pairs, read_readers
from chat_app.people.directory import Directory
from chat_app.people.error import SessionEnded, UnfitSetting
from chat_app.people.header_login import HeaderLogin
from chat_app.people.login_limit import LoginLimit
from chat_app.people.people_settings import PeopleSettings
from chat_app.people.person import ADMIN, ROLES, Person
from chat_app.people.proxy import Proxies
from chat_app.people.session import Session, SessionSigner
from chat_app.people.visit import Visit
from chat_app.question import Asker
from chat_app.store.database import Database

_KNOWN_SECONDS = 5.0
_MOST_KNOWN = 10_000


class People:
    """Who may come in and what they may read. A change in the table counts after five seconds at most.

    Errors: UnfitSetting when a setting cannot be understood.
    """

    def __init__(
        self, settings: PeopleSettings, database: Database, *, secret: str,
        live: Callable[[], Awaitable[Iterable[str]]], clock: Callable[[], float] = time.monotonic,
    ) -> None:  # fmt: skip
        self.settings = settings
        self.directory = Directory(database)
        self.limit = LoginLimit(database)
        self.signer = SessionSigner(secret)
        self.proxies = Proxies.read(settings.trusted_proxies)
        self.access = SourceAccess(read_readers(settings.source_readers), live)
        self.header = HeaderLogin(settings) if settings.login == "header" else None
        self._admins = frozenset(name.strip() for name in settings.admins.split(",") if name.strip())
        self._role_groups = _role_groups(settings.role_groups)
        self._clock = clock
        self._known: dict[str, tuple[float, Person | None]] = {}

    @property
    def needs_login(self) -> bool:
        """Whether people have to say who they are."""
        return self.settings.login != "none"

    @property
    def naming_headers(self) -> frozenset[str]:
        """Headers that name people, and so may come from trusted proxies only."""
        return self.header.plain_headers if self.header else frozenset()

    async def session(self, token: str, headers: Mapping[str, str]) -> tuple[Session | None, Person | None]:
        """Return whose session a token is, (None, None) when it does not hold any more: it has run out, the person is
        kept out or has a new password, another way to log in was set, or the proxy names somebody else now."""
        session = self.signer.read(token)
        if session is None or session.is_visitor == self.needs_login:
            return None, None
        if session.is_visitor:
            return session, None
        person = await self.person(session.name)
        if person is None or person.is_disabled or person.stamp != session.stamp:
            return None, None
        if self.header and self.header.claimed_name(headers) != session.name:
            return None, None
        return session, person

    async def person(self, name: str) -> Person | None:
        """Return a person with all roles that the settings give them."""
        then, known = self._known.get(name, (-_KNOWN_SECONDS, None))
        if self._clock() - then < _KNOWN_SECONDS:
            return known
        found = await self.directory.find(name)
        person = self.with_roles(found) if found else None
        if len(self._known) >= _MOST_KNOWN:
            self._known.clear()
        self._known[name] = (self._clock(), person)
        return person

    def forget(self, name: str) -> None:
        """Read a person anew at the next chance."""
        self._known.pop(name, None)

    def with_roles(self, person: Person) -> Person:
        """Return a person with the roles of their groups, and of the first admins."""
        given = {role for group, role in self._role_groups if group in person.groups}
        if person.name in self._admins:
            given.add(ADMIN)
        return Person(
            person.name,
            person.display_name,
            person.roles | given,
            person.groups,
            person.is_disabled,
            person.sessions_from,
        )

    async def asker(self, visit: Visit) -> Asker:
        """Return who asks, with what they may read. Errors: RetrievalError kinds."""
        return await self._asker(visit.person, visit.session, visit.address)

    async def asker_named(self, name: str, address: str) -> Asker:
        """Return who asks in the conversation, where the toolkit has checked the session and names its owner."""
        person = await self.person(name) if self.needs_login else None
        return await self._asker(person, Session(name, person.stamp if person else ""), address)

    async def asker_of(self, session: Session | None, address: str) -> Asker:
        """Return who asks in a page that was opened with a session, which may have ended since.

        Errors: SessionEnded; RetrievalError and DatabaseError kinds.
        """
        person = await self.person(session.name) if session and self.needs_login else None
        if self.needs_login:
            holds = session is not None and person is not None and not person.is_disabled
            if not holds or person is None or session is None or person.stamp != session.stamp:
                raise SessionEnded("**Your session has ended.** Log in again.")
        return await self._asker(person, session, address)

    async def _asker(self, person: Person | None, session: Session | None, address: str) -> Asker:
        sources = await self.access.readable(person)
        name = session.name if session else ""
        if person is None:
            return Asker(address=address, session=name, sources=sources)
        return Asker(person.name, address, name, person.roles, sources)


def _role_groups(setting: str) -> list[tuple[str, str]]:
    """Read `admin=ops,curator=editors` as (group, role)."""
    pairs = read_pairs(setting, "LORECHAT_ROLE_GROUPS", "admin=ops,curator=editors")
    if unknown := sorted({role for role, _ in pairs} - set(ROLES)):
        raise UnfitSetting(f"LORECHAT_ROLE_GROUPS names the role {unknown[0]}; there are {', '.join(ROLES)}.")
    return [(group, role) for role, group in pairs]
