"""Passwords: argon2id, as RFC 9106 recommends for memory-constrained servers (64 MiB, three passes)."""

from __future__ import annotations

import asyncio
from functools import cache
from typing import TYPE_CHECKING, Final

from chat_app.people.error import UnfitPassword

if TYPE_CHECKING:
    from argon2 import PasswordHasher

SHORTEST: Final = 10
LONGEST: Final = 256
_AT_ONCE: Final = 2
"""Each comparison takes 64 MiB and a core for a while: more at once would let strangers fill the memory."""


@cache
def _hasher() -> PasswordHasher:
    from argon2 import PasswordHasher

    return PasswordHasher()


@cache
def _nobodys_hash() -> str:
    """What an unknown name's password is compared with, so that it takes as long as a known one's."""
    return _hasher().hash("nobody has this password")


def hash_password(password: str) -> str:
    """Return what is kept of a password. Errors: UnfitPassword."""
    if not SHORTEST <= len(password) <= LONGEST:
        raise UnfitPassword(f"A password has {SHORTEST} to {LONGEST} characters; this one has {len(password)}.")
    return _hasher().hash(password)


class PasswordCheck:
    """Compares passwords with what was kept, two at a time."""

    def __init__(self) -> None:
        self._places = asyncio.Semaphore(_AT_ONCE)

    async def __call__(self, password: str, kept: str | None) -> bool:
        """Whether a password is the one that was kept; it takes the same time when there is none."""
        if len(password) > LONGEST:
            password, kept = "", None
        async with self._places:
            return await asyncio.to_thread(_matches, password, kept)


def _matches(password: str, kept: str | None) -> bool:
    from argon2.exceptions import InvalidHashError, VerificationError

    try:
        return _hasher().verify(kept or _nobodys_hash(), password) and kept is not None
    except (VerificationError, InvalidHashError):
        return False
