"""How often one address, and one person, may ask."""

from __future__ import annotations

import time
from collections.abc import Callable

from chat_app.bucket import Buckets
from chat_app.error import TooManyQuestions


class RateLimit:
    """Allows `per_minute` questions a minute of one address and of one person, that many at once at most. Safe under
    threads."""

    def __init__(self, per_minute: int, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._per_minute = per_minute
        self._buckets = Buckets(clock)

    def take(self, address: str, user: str = "") -> None:
        """Count a question of an address and, where they have logged in, of a person: whoever asks from many addresses
        is one, and so are many behind one address. Errors: TooManyQuestions, which says when to come back; then
        nothing is counted."""
        names = [f"address {address}", *([f"user {user}"] if user else [])]
        if seconds := self._buckets.take(names, self._per_minute):
            raise TooManyQuestions(
                f"**That was more than {self._per_minute} questions in a minute.** Wait {seconds} seconds and ask "
                "again; the limit is `LORECHAT_QUESTIONS_PER_MINUTE`."
            )
