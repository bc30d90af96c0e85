"""How often a key may ask."""

from __future__ import annotations

import time
from collections.abc import Callable

from chat_app.bucket import Buckets
from chat_app.doors.refusal import Refused


class KeyRates:
    """One bucket for each key: as many requests at once as in a minute."""

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._buckets = Buckets(clock)

    def take(self, name: str, per_minute: int) -> None:
        """Count a request. Errors: Refused with 429, which says when to come back."""
        if seconds := self._buckets.take([name], per_minute):
            raise Refused(
                429,
                "too_many_questions",
                f"More than {per_minute} questions in a minute. Ask again in {seconds} seconds.",
                retry_after=seconds,
            )
