"""How large a batch should be, found by measuring while the work goes on."""

from __future__ import annotations

from typing import NamedTuple


class BatchPoint(NamedTuple):
    """One measurement: batches of `size` did `rate` units per second; `outcome` says what followed from it."""

    size: int
    rate: float
    outcome: str
