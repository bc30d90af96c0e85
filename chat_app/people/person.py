"""A person that the chat knows, and what they may do."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

READER: Final = "reader"
CURATOR: Final = "curator"
ADMIN: Final = "admin"
ROLES: Final = (READER, CURATOR, ADMIN)
"""Everybody may read; a curator also judges what questions a release is checked with; an admin also reads every
source."""


@dataclass(frozen=True, slots=True)
class Person:
    """A row of `people` without its password. `name` is what the login knows them by, `roles` always hold "reader"."""

    name: str
    display_name: str
    roles: frozenset[str]
    groups: frozenset[str]
    is_disabled: bool
    sessions_from: datetime

    @property
    def stamp(self) -> str:
        """What a session carries: it ends when this changes."""
        return self.sessions_from.isoformat()


def with_reader(roles: frozenset[str]) -> frozenset[str]:
    """Return the roles with the one that everybody has."""
    return roles | {READER}
