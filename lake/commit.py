"""Trying to commit again where other writers were faster."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator

from deltalake import WriterProperties

COMMIT_ATTEMPTS = 20
COMMIT_SECONDS = 60.0
"""An appender gives up only after as many attempts and as long a time: one that just won begins anew with fresh keys,
which makes it faster than one that lost, so without pauses the same one wins again and again (measured)."""

WRITER = WriterProperties(compression="ZSTD", max_row_group_size=8192)

_LONGEST_PAUSE = 0.5


def commit_attempts() -> Iterator[int]:
    """Count attempts, with a random pause between them that grows: writers that met once do not meet again."""
    began, attempt = time.monotonic(), 0
    while attempt < COMMIT_ATTEMPTS or time.monotonic() - began < COMMIT_SECONDS:
        yield attempt
        time.sleep(random.uniform(0, min(_LONGEST_PAUSE, 0.01 * 2 ** min(attempt, 10))))  # noqa: S311 - no secret
        attempt += 1
