"""How often a key may ask."""

from __future__ import annotations

import math
import time
from collections import OrderedDict
from collections.abc import Callable

from chat_app.doors.refusal import Refused

_REMEMBERED = 10_000


class KeyRates:
    """One bucket for each name: as many requests at once as in a minute, filled up again evenly. Counts in this
    process alone: behind n of them, a key may ask up to n times as often."""

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, name: str, per_minute: int) -> None:
        """Count a request. Errors: Refused with 429, which says when to come back."""
        now = self._clock()
        left, then = self._buckets.pop(name, (float(per_minute), now))
        left = min(float(per_minute), left + (now - then) * per_minute / 60)
        allowed = left >= 1
        self._buckets[name] = (left - 1 if allowed else left, now)
        while len(self._buckets) > _REMEMBERED:
            self._buckets.popitem(last=False)
        if not allowed:
            seconds = max(1, math.ceil((1 - left) * 60 / per_minute))
            raise Refused(
                429,
                "too_many_questions",
                f"More than {per_minute} questions in a minute. Ask again in {seconds} seconds.",
                retry_after=seconds,
            )
