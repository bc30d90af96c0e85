"""Buckets that fill up again evenly with time: how often somebody may do something."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from math import ceil
from threading import Lock

_KEPT = 20_000
_ROUNDING = 1e-6


class Buckets:
    """A bucket for each name, as large as what it may take in a minute. Safe under threads. Counts in this process
    alone: behind n of them, somebody may take up to n times as much. The names that were not seen for longest are
    forgotten beyond 20,000."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._counting = Lock()
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, names: Sequence[str], per_minute: float) -> int:
        """Take one from each bucket and return 0; or, where one of them is empty, take nothing and return after how
        many seconds to come back."""
        with self._counting:
            now = self._clock()
            left = {name: self._refilled(name, now, per_minute) for name in names}
            fewest = min(left.values())
            for name, there in left.items():
                self._left[name] = (there - 1 if fewest >= 1 else there, now)
            while len(self._left) > _KEPT:
                self._left.popitem(last=False)
        return 0 if fewest >= 1 else max(1, ceil((1 - fewest) * 60 / per_minute - _ROUNDING))

    def _refilled(self, name: str, now: float, per_minute: float) -> float:
        left, then = self._left.pop(name, (per_minute, now))
        return min(per_minute, left + (now - then) * per_minute / 60)
