"""Budgets: what may be spent at most, and which accounts a question is charged to."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
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
    """US dollars in a day (UTC) for a session, a user, a source, and (`day`) everybody together; 0 means unlimited."""

    session: Decimal = Decimal(0)
    user: Decimal = Decimal(0)
    source: Decimal = Decimal(0)
    day: Decimal = Decimal(0)

    def accounts(self, asker: Asker, sources: Sequence[str], now: datetime) -> list[Account]:
        """Return what a question is charged to, always in the same order of names: whoever locks several accounts
        locks them in this order, so that two never wait for each other; the one that all share comes last.

        A question over several sources is charged to each of them in full. Somebody unknown is counted by the network
        address, and where there is none, together with all others who have none. Whoever has a daily budget of their
        own, such as an API key, is charged to it, too.
        """
        day = now.date().isoformat()
        user = asker.user or f"({asker.address or 'unknown'})"
        named: list[tuple[str, Decimal | None]] = [
            *((f"1 session {day} {asker.session}", most) for most in self._of_session(asker)),
            *((f"2 source {day} {source}", self.source or None) for source in sources),
            (f"3 user {day} {user}", self.user or None),
            (f"4 day {day}", self.day or None),
        ]
        return [Account(name, nanodollars(most)) for name, most in sorted(dict(named).items()) if most is not None]

    def _of_session(self, asker: Asker) -> Iterator[Decimal]:
        """The least of what the settings and the asker's own budget allow."""
        own = None if asker.daily_dollars is None else Decimal(str(asker.daily_dollars))
        limits = [most for most in (self.session or None, own) if most is not None]
        if asker.session and limits:
            yield min(limits)
