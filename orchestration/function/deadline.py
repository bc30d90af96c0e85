"""The end of the function's time, seen early enough to end in order."""

from __future__ import annotations

from collections.abc import Callable

from orchestration.error import OutOfTime

SPARE_SECONDS = 30.0
"""The longest that work goes on between two looks, with room: a batch of pages on a slow day, then a commit."""


class Deadline:
    """Asked about once a second by what works. `remaining` tells the milliseconds that are left."""

    def __init__(self, remaining: Callable[[], int], spare_seconds: float = SPARE_SECONDS) -> None:
        self._remaining = remaining
        self._spare = 1000 * spare_seconds

    def check(self, _: object = None) -> None:
        """Raise OutOfTime when the end is near."""
        if self._remaining() < self._spare:
            raise OutOfTime(
                "the function's time is over; what was done stays done, and the next attempt goes on from there"
            )
