"""URLs whose decision hangs on another's that is not made yet: canonical links and lasting redirects."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable

from scrapers.visit import Visit

Settle = Callable[[Visit, str], None]
"""What is done with a visit once the URL that it waited for has its verdict."""


class WaitingRoom:
    """Who waits for whom. A visit waits for one URL at a time."""

    def __init__(self) -> None:
        self._waiting: defaultdict[str, list[tuple[Visit, Settle]]] = defaultdict(list)
        self._waits_for: dict[str, str] = {}

    def enter(self, visit: Visit, target: str, settle: Settle) -> None:
        """Let a visit wait for the verdict on `target`."""
        self._waits_for[visit.url] = target
        self._waiting[target].append((visit, settle))

    def is_circle(self, target: str, url: str) -> bool:
        """Whether `target` waits, directly or not, for `url`."""
        while target != url and target in self._waits_for:
            target = self._waits_for[target]
        return target == url

    def leave(self, target: str) -> None:
        """Settle all who waited for `target`, which has its verdict now."""
        for visit, settle in self._waiting.pop(target, ()):
            self._waits_for.pop(visit.url, None)
            settle(visit, target)
