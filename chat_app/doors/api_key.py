"""A key that opens the doors to a program: what it may read, and how much."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime

PREFIX = "lore_"
"""What every key begins with; scanners of published code find it by this."""

_SHOWN = 12


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key as it is kept: never the secret itself. `shown` is the secret's beginning, to recognise it by; `sources`
    are those that it may read, None for all; `per_minute` is the most requests in a minute, `daily_dollars` the most
    that its answers may cost in a day, None for what the settings allow."""

    key_id: str
    name: str
    shown: str
    sources: frozenset[str] | None
    per_minute: int
    daily_dollars: float | None
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None

    def state(self, now: datetime) -> str:
        """`valid`, `revoked` or `expired`."""
        if self.revoked_at is not None:
            return "revoked"
        return "expired" if self.expires_at is not None and self.expires_at <= now else "valid"


def new_secret() -> str:
    """Return a new key: 256 random bits."""
    return PREFIX + secrets.token_urlsafe(32)


def digest(secret: str) -> str:
    """Return what is kept of a key. A slow hash protects guessable passwords; 256 random bits cannot be guessed, and a
    fast one keeps strangers from making the server work."""
    return hashlib.sha256(secret.encode()).hexdigest()


def shown(secret: str) -> str:
    """Return the part of a key by which people tell it from others."""
    return secret[:_SHOWN]
