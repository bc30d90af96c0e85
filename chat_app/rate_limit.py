"""How often one address may ask: a bucket of questions that fills up again with time."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable

from chat_app.error import TooManyQuestions

_ADDRESSES = 10_000


class RateLimit:
    """Allows `per_minute` questions a minute of one address, that many at once at most."""

    def __init__(self, per_minute: int, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._size = float(per_minute)
        self._clock = clock
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, address: str) -> None:
        """Count a question. Errors: TooManyQuestions, which says when to come back."""
        now = self._clock()
        left, then = self._buckets.pop(address, (self._size, now))
        left = min(self._size, left + (now - then) * self._size / 60)
        allowed = left >= 1
        self._buckets[address] = (left - 1 if allowed else left, now)
        while len(self._buckets) > _ADDRESSES:
            self._buckets.popitem(last=False)
        if not allowed:
            seconds = max(1, round((1 - left) * 60 / self._size))
            raise TooManyQuestions(
                f"**That was more than {self._size:g} questions in a minute.** Wait {seconds} seconds and ask again; "
                "the limit is `LORECHAT_QUESTIONS_PER_MINUTE`."
            )
