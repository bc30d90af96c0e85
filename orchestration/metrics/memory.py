"""What the sensor of metrics knows from one look to the next: its cursor."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Self

from pydantic import BaseModel

_FIRST_LOOK = timedelta(hours=1)
_OVERLAP = timedelta(minutes=10)


class SourceState(BaseModel):
    """A source as its newest materializations tell of it; None where none told it. Times are seconds since 1970,
    recalls shares of one."""

    crawled: float | None = None
    oldest: float | None = None
    median: float | None = None
    released: float | None = None
    pages: float | None = None
    golden: float | None = None
    heading: float | None = None


class Memory(BaseModel):
    """`materialized` holds the last event that was counted of each asset, `ended` the end of each run that was counted
    lately. The size follows the number of sources, not history."""

    looked: float
    materialized: dict[str, int] = {}
    ended: dict[str, float] = {}
    sources: dict[str, SourceState] = {}

    @classmethod
    def parse(cls, cursor: str | None, now: datetime) -> Self:
        """Read a cursor; without one the last hour counts."""
        if cursor:
            return cls.model_validate_json(cursor)
        return cls(looked=(now - _FIRST_LOOK).timestamp())

    @property
    def horizon(self) -> float:
        """From when on a run's end may not have been counted. A run's process has a clock of its own, and its end can
        be seen only after it was written."""
        return self.looked - _OVERLAP.total_seconds()

    def advance(self, now: datetime) -> None:
        """Note that everything until now was counted."""
        self.looked = now.timestamp()
        self.ended = {run: end for run, end in self.ended.items() if end >= self.horizon}
