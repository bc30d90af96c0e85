"""What an identity provider says of a person."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from chat_app.people.error import LoginRefused
from chat_app.people.people_settings import PeopleSettings


@dataclass(frozen=True, slots=True)
class Claimed:
    """`groups` is None when nothing was said of groups: then those in the table stay."""

    name: str
    display_name: str
    groups: frozenset[str] | None


def claimed(claims: Mapping[str, Any], settings: PeopleSettings, *, groups: frozenset[str] | None = None) -> Claimed:
    """Return what checked claims say. Errors: LoginRefused without a name, or with a mail address that the provider
    itself has not verified."""
    name = claims.get(settings.name_claim)
    if not isinstance(name, str) or not name.strip() or len(name) > 320:
        raise LoginRefused(
            f"The identity provider sent no claim {settings.name_claim!r}. Ask it for one with LORECHAT_OIDC_SCOPES, "
            "or name another in LORECHAT_NAME_CLAIM."
        )
    if settings.name_claim == "email" and str(claims.get("email_verified", "true")).lower() == "false":
        raise LoginRefused("The identity provider has not verified this mail address.")
    said = claims.get(settings.groups_claim)
    if groups is None and isinstance(said, str):
        groups = frozenset(part for part in said.replace(",", " ").split() if part)
    elif groups is None and isinstance(said, list):
        groups = frozenset(str(part) for part in said)
    return Claimed(name.strip(), str(claims.get("name") or ""), groups)
