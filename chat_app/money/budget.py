"""Budgets: what may be spent at most, and which accounts a question is charged to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_CEILING, Decimal

from chat_app.question import Asker

NANODOLLARS = 1_000_000_000
"""Money is counted in whole billionths of a US dollar: a token of the cheapest models costs about 35 of them."""


def nanodollars(dollars: Decimal) -> int:
    """Return whole billionths of a dollar, rounded up."""
    return int((dollars * NANODOLLARS).to_integral_value(ROUND_CEILING))


@dataclass(frozen=True, slots=True)
class Account:
    """What a budget counts on: its name, and the most that may stand on it, in nanodollars."""

    name: str
    most: int


@dataclass(frozen=True, slots=True)
class Budgets:
    """US dollars; 0 means unlimited. `session` counts over a whole session; `user`, `source` and `day` (everybody
    together) over one day, UTC."""

    session: Decimal = Decimal(0)
    user: Decimal = Decimal(0)
    source: Decimal = Decimal(0)
    day: Decimal = Decimal(0)

    @property
    def is_unlimited(self) -> bool:
        """Whether nothing is limited, so that nothing need be counted."""
        return not any((self.session, self.user, self.source, self.day))

    def accounts(self, asker: Asker, sources: Sequence[str], now: datetime) -> list[Account]:
        """Return what a question is charged to, always in the same order of names: whoever locks several accounts
        locks them in this order, so that two never wait for each other; the one that all share comes last.

        A question over several sources is charged to each of them in full. Somebody unknown is counted by the network
        address, and where there is none, together with all others who have none.
        """
        day = now.date().isoformat()
        user = asker.user or f"({asker.address or 'unknown'})"
        named = [
            *((f"1 session {asker.session}", self.session) for _ in filter(None, [asker.session])),
            *((f"2 source {day} {source}", self.source) for source in sources),
            (f"3 user {day} {user}", self.user),
            (f"4 day {day}", self.day),
        ]
        return [Account(name, nanodollars(most)) for name, most in sorted(set(named)) if most]
