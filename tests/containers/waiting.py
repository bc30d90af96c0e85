"""What tests of containers wait for, within a limit that a slow machine keeps, too."""

from __future__ import annotations

import time
from collections.abc import Callable

_PATIENCE = 300.0


def wait_until(happened: Callable[[], bool], what: str) -> None:
    """Return when it has happened. Raises AssertionError, which says `what`, when it has not for five minutes."""
    until = time.monotonic() + _PATIENCE
    while not happened():
        assert time.monotonic() < until, what
        time.sleep(0.2)
