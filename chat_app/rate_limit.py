"""How often one address, and one person, may ask: buckets of questions that fill up again with time."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from threading import Lock

from chat_app.error import TooManyQuestions

_KEPT = 20_000


class RateLimit:
    """Allows `per_minute` questions a minute of one address and of one person, that many at once at most. Safe under
    threads."""

    def __init__(self, per_minute: int, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._size = float(per_minute)
        self._clock = clock
        self._counting = Lock()
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, address: str, user: str = "") -> None:
        """Count a question of an address and, where they have logged in, of a person: whoever asks from many addresses
        is one, and so are many behind one address. Errors: TooManyQuestions, which says when to come back; then
        nothing is counted."""
        with self._counting:
            self._take(address, user)

    def _take(self, address: str, user: str) -> None:
        now = self._clock()
        keys = [f"address {address}", *([f"user {user}"] if user else [])]
        left = {key: self._left(key, now) for key in keys}
        fewest = min(left.values())
        for key, questions in left.items():
            self._buckets[key] = (questions - 1 if fewest >= 1 else questions, now)
        while len(self._buckets) > _KEPT:
            self._buckets.popitem(last=False)
        if fewest < 1:
            seconds = max(1, round((1 - fewest) * 60 / self._size))
            raise TooManyQuestions(
                f"**That was more than {self._size:g} questions in a minute.** Wait {seconds} seconds and ask again; "
                "the limit is `LORECHAT_QUESTIONS_PER_MINUTE`."
            )

    def _left(self, key: str, now: float) -> float:
        left, then = self._buckets.pop(key, (self._size, now))
        return min(self._size, left + (now - then) * self._size / 60)
