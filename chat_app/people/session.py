"""What a browser holds after a login: a signed token in a cookie, which the chat toolkit reads too."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http.cookies import CookieError, SimpleCookie
from typing import Any

from starlette.responses import Response

from chat_app.people.person import Person

COOKIE = "access_token"
SESSION_DAYS = 15
_ALGORITHM = "HS256"


@dataclass(frozen=True, slots=True)
class Session:
    """Who a token says somebody is. `stamp` is the person's when they logged in, "" for a visitor, who is nobody in
    particular: a browser that comes back."""

    name: str
    stamp: str

    @property
    def is_visitor(self) -> bool:
        return not self.stamp


class SessionSigner:
    """Makes and reads session tokens. The toolkit reads them too, with the same secret."""

    def __init__(self, secret: str) -> None:
        self._secret = secret

    def read(self, token: str) -> Session | None:
        """Return whose session a token is; None when it is not valid, or not any more."""
        claims = self.open(token)
        details = (claims or {}).get("metadata")
        if claims is None or not isinstance(details, dict) or not isinstance(claims.get("identifier"), str):
            return None
        return Session(claims["identifier"], str(details.get("stamp", "")))

    def token(self, name: str, *, shown: str, details: dict[str, str]) -> str:
        """Return the token of a session that begins now."""
        claims = {"identifier": name, "display_name": shown or name, "metadata": details}
        return self.sealed(claims, minutes=SESSION_DAYS * 24 * 60)

    def sealed(self, claims: dict[str, Any], *, minutes: float) -> str:
        """Return claims as a token that is valid for some minutes."""
        import jwt

        return jwt.encode(claims | {"exp": datetime.now(UTC) + timedelta(minutes=minutes)}, self._secret, _ALGORITHM)

    def open(self, token: str) -> dict[str, Any] | None:
        """Return a token's claims; None when it is not valid, or not any more."""
        import jwt

        try:
            claims: dict[str, Any] = jwt.decode(
                token, self._secret, algorithms=[_ALGORITHM], options={"require": ["exp"]}
            )
        except jwt.InvalidTokenError:
            return None
        return claims


def person_token(signer: SessionSigner, person: Person, login: str) -> str:
    """Return the token of a person's session; it ends when the person's stamp changes."""
    details = {"login": login, "stamp": person.stamp}
    return signer.token(person.name, shown=person.display_name, details=details)


def visitor_token(signer: SessionSigner) -> str:
    """Return the token of a browser whose owner is nobody in particular."""
    return signer.token(f"visitor-{secrets.token_hex(16)}", shown="You", details={"login": "none"})


def set_session(response: Response, token: str) -> None:
    """Let a browser keep a session's token."""
    response.set_cookie(COOKIE, token, max_age=SESSION_DAYS * 86_400, httponly=True, samesite="lax")


def cookies(header: str) -> dict[str, str]:
    """Return a Cookie header's values, each cookie read by itself: one that is broken spoils no other."""
    found: dict[str, str] = {}
    for part in header.split(";"):
        name, equals, value = part.strip().partition("=")
        if not equals:
            continue
        try:
            parsed: SimpleCookie = SimpleCookie(f"{name}={value}")
        except CookieError:
            continue
        found.update({name: morsel.value for name, morsel in parsed.items()})
    return found


def session_token(held: dict[str, str]) -> str:
    """Return the session's token among cookies, as the toolkit wrote it: whole, or in numbered parts."""
    if COOKIE in held:
        return held[COOKIE]
    parts: list[str] = []
    while (part := held.get(f"{COOKIE}_{len(parts)}")) is not None:
        parts.append(part)
    return "".join(parts)
