"""Who may come in through the doors for programs, what they may read, and how often."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from ipaddress import ip_address
from typing import Literal

from starlette.requests import HTTPConnection

from chat_app.doors.api_key import PREFIX, ApiKey
from chat_app.doors.key_rate import KeyRates
from chat_app.doors.key_ring import KeyRing
from chat_app.doors.refusal import Refused
from chat_app.library import Library
from chat_app.question import Asker
from retrieval.vector_store import ReleaseManifest

Openness = Literal["local", "open", "keys"]
_FORWARDED = ("forwarded", "x-forwarded-for", "x-real-ip", "x-forwarded-host", "x-forwarded-proto", "via")
_LOCAL_HOSTS = frozenset({"localhost", "127.0.0.1", "[::1]"})


class Doorkeeper:
    """Admits callers. `openness` says who needs no key: `local` programs of the same machine, `open` everybody, `keys`
    nobody. A key that is given is always checked. `keyless_per_minute` is for each address without a key."""

    def __init__(
        self, library: Library, ring: KeyRing, *, openness: Openness, keyless_per_minute: int, profiles: Sequence[str]
    ) -> None:
        self._library = library
        self._ring = ring
        self._openness = openness
        self._rates = KeyRates()
        self._keyless_per_minute = keyless_per_minute
        self._profiles = frozenset(profiles)

    async def admit(self, connection: HTTPConnection, *, question: bool = False) -> Asker:
        """Return who asks; `question` says that this costs an answer, which counts on the rate.

        Errors: Refused with 401 without a valid key, 429 when it comes too often.
        """
        address = connection.client.host if connection.client else ""
        secret = bearer(connection)
        if not secret.startswith(PREFIX):  # clients that insist on a key send whatever they were given
            return self._keyless(connection, address, question)
        key = await self._valid(secret)
        if question:
            self._rates.take(key.key_id, key.per_minute)
        return Asker(
            user=f"key {key.name}",
            address=address,
            session=key.key_id,
            sources=key.sources,
            daily_dollars=key.daily_dollars,
        )

    def _keyless(self, connection: HTTPConnection, address: str, question: bool) -> Asker:
        if self._openness == "keys" or (self._openness == "local" and not is_local(connection)):
            raise Refused(401, "key_required", "A key is needed: send it as `Authorization: Bearer KEY`.")
        if question:
            self._rates.take(f"({address})", self._keyless_per_minute)
        return Asker(address=address)

    async def _valid(self, secret: str) -> ApiKey:
        key = await self._ring.find(secret)
        if key is None or key.state(datetime.now(UTC)) != "valid":
            raise Refused(401, "invalid_key", "This key is not valid: it is unknown, has expired or was revoked.")
        return key

    async def readable(self, asker: Asker) -> list[ReleaseManifest]:
        """Return the live releases that somebody may read: those of the key, without one those that are everybody's.

        Errors: IndexMissing.
        """
        return await self._library.releases(readable=asker.sources)

    async def choose(self, asker: Asker, sources: Sequence[str] | None) -> list[str] | None:
        """Return the sources to search, None for all that the asker may read.

        Errors: Refused with 403 for one that the asker may not read, whether or not there is one; UnknownSource for one
        that is not there.
        """
        denied = sorted(set(sources or ()) - asker.sources) if asker.sources is not None else []
        if denied:
            raise Refused(403, "source_not_allowed", f"This key does not open {', '.join(denied)}.")
        if sources:
            await self._library.releases(sources, readable=asker.sources)
        return list(sources) if sources else None

    def profile(self, name: str) -> str:
        """Return a profile's name, "" for the default. Errors: Refused with 404 for one that is not there."""
        if name and name not in self._profiles:
            there = ", ".join(sorted(self._profiles)) or "none"
            raise Refused(404, "model_not_found", f"There is no profile {name!r}; there are: {there}.")
        return name


def bearer(connection: HTTPConnection) -> str:
    """Return the key that a request brings, "" without one."""
    scheme, _, secret = connection.headers.get("authorization", "").partition(" ")
    return secret.strip() if scheme.lower() == "bearer" else ""


def is_local(connection: HTTPConnection) -> bool:
    """Whether a program of this machine asks, under a name of this machine, and no proxy stands between. A page that
    a browser loaded from elsewhere under a name that now leads here shows itself by that name."""
    if connection.client is None or any(name in connection.headers for name in _FORWARDED):
        return False
    host = connection.headers.get("host", "")
    name = host.rsplit(":", 1)[0] if not host.endswith("]") else host
    try:
        return ip_address(connection.client.host).is_loopback and name.lower() in _LOCAL_HOSTS
    except ValueError:
        return False
