"""Who stands behind a request."""

from __future__ import annotations

from collections.abc import MutableMapping
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, cast

from starlette.requests import HTTPConnection

from chat_app.people.person import Person
from chat_app.people.session import Session

KEY = "lorechat.visit"
"""Where the entrance puts it in the ASGI scope."""


@dataclass(frozen=True, slots=True)
class Visit:
    """`address` is the network address, a trusted proxy's word on it included; `session` is None without a valid one,
    `person` is None for visitors, too. `is_secure` says that the browser's connection is encrypted."""

    address: str = ""
    is_secure: bool = False
    session: Session | None = None
    person: Person | None = None


_CURRENT: ContextVar[Visit | None] = ContextVar("visit", default=None)


def enter(scope: MutableMapping[str, Any], visit: Visit) -> None:
    """Name the visit for all that works on this request."""
    scope[KEY] = visit
    _CURRENT.set(visit)


def current_visit() -> Visit:
    """Return who stands behind the request that is worked on, for what the chat toolkit calls without it."""
    return _CURRENT.get() or Visit()


def visit_of(connection: HTTPConnection) -> Visit:
    """Return who stands behind a request."""
    return visit_in(cast("dict[str, Any]", connection.scope))


def visit_in(scope: dict[str, Any]) -> Visit:
    """Return who stands behind an ASGI scope."""
    visit = scope.get(KEY)
    return visit if isinstance(visit, Visit) else Visit(address=(scope.get("client") or ("", 0))[0])
