"""Calls of a size that tunes itself, which wait when the other side asks for that."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from typing import TypeVar

from retrieval.error import BatchTooLarge, Throttled
from retrieval.tuning import BatchTuner

Result = TypeVar("Result")

_REFUSALS = 12
"""Refused so often in a row, with pauses growing to a minute, some ten minutes have passed: it is a person's turn."""
_LONGEST_PAUSE = 60.0


def patiently(call: Callable[[], Result], *, refused: Callable[[], None] = lambda: None) -> Result:
    """Return what a call gives, after as many pauses as the other side asks for. Raises Throttled in the end."""
    for refusals in range(1, _REFUSALS):
        try:
            return call()
        except Throttled as error:
            refused()
            time.sleep(_pause(refusals, error.retry_after))
    return call()


def _pause(refusals: int, retry_after: float | None) -> float:
    """What was asked for, else a random share of a pause that doubles, so that workers do not come back together."""
    if retry_after is not None:
        return min(max(retry_after, 0.0), _LONGEST_PAUSE)
    return random.uniform(0.5, 1.0) * min(2.0 ** (refusals - 1), _LONGEST_PAUSE)  # noqa: S311 - no secret


class Pace:
    """Makes calls of the size that a tuner says, and tells the tuner how they went."""

    def __init__(self, tuner: BatchTuner) -> None:
        self.tuner = tuner

    def call(self, work: Callable[[int], Result], units: float) -> Result:
        """Return `work(size)`, which does so many `units` whatever the size.

        A batch that does not fit is tried smaller; BatchTooLarge and MemoryError are raised once it cannot be smaller.
        """
        while True:
            try:
                result, seconds = patiently(lambda: _timed(work, self.tuner.size), refused=self.tuner.throttled)
            except (BatchTooLarge, MemoryError):
                refused = self.tuner.size
                self.tuner.short_of_memory()
                if self.tuner.size >= refused:
                    raise
            else:
                self.tuner.measured(units, seconds)
                return result


def _timed(work: Callable[[int], Result], size: int) -> tuple[Result, float]:
    began = time.monotonic()
    return work(size), time.monotonic() - began
