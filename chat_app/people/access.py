"""Which sources a person may read."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping

from chat_app.people.error import UnfitSetting
from chat_app.people.person import ADMIN, Person


class SourceAccess:
    """`readers` names, for each restricted source, the people and groups that may read it; every other source is for
    everybody. `live` returns the sources that have a live release."""

    def __init__(self, readers: Mapping[str, frozenset[str]], live: Callable[[], Awaitable[Iterable[str]]]) -> None:
        self._readers = readers
        self._live = live

    @property
    def restricted(self) -> frozenset[str]:
        """The sources that are not for everybody."""
        return frozenset(self._readers)

    def may_read(self, source: str, person: Person | None) -> bool:
        """Whether a person (None: somebody unknown) may read a source."""
        readers = self._readers.get(source)
        if readers is None:
            return True
        return person is not None and (ADMIN in person.roles or not readers.isdisjoint({person.name, *person.groups}))

    async def readable(self, person: Person | None) -> frozenset[str] | None:
        """Return the live sources that a person may read; None when that is all of them. Errors: as `live`."""
        if all(self.may_read(source, person) for source in self._readers):
            return None if not self._readers else frozenset(await self._live())
        return frozenset(source for source in await self._live() if self.may_read(source, person))


def read_readers(setting: str) -> dict[str, frozenset[str]]:
    """Read `internal=staff+ann@example.com,hr=hr`. Errors: UnfitSetting."""
    found = read_pairs(setting, "LORECHAT_SOURCE_READERS", "internal=staff+ann@example.com,hr=hr")
    return {source: frozenset(name.strip() for name in names.split("+") if name.strip()) for source, names in found}


def read_pairs(setting: str, name: str, example: str) -> list[tuple[str, str]]:
    """Read `a=b,c=d` in order. Errors: UnfitSetting, which names the setting and shows an example."""
    found = []
    for part in filter(None, (part.strip() for part in setting.split(","))):
        left, equals, right = part.partition("=")
        if not (left.strip() and equals and right.strip()):
            raise UnfitSetting(f"{name} holds {part!r}, which is no pair. Write it as {example}.")
        found.append((left.strip(), right.strip()))
    return found
