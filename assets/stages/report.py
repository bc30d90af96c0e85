"""What a stage did: counts, cost and the curve of its throughput."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple


class CurvePoint(NamedTuple):
    """Throughput at a moment: seconds since the stage began, units per second since the point before."""

    seconds: float
    rate: float


@dataclass(frozen=True, slots=True)
class StageReport:
    """`done` units were worked on and `added` rows appended; `skipped` rows were there already; `quarantined` rows
    broke a rule. `bytes` is the size of what was read. `counts` holds what else a person wants to know."""

    stage: str
    source: str
    unit: str
    done: int
    added: int
    skipped: int
    quarantined: int
    seconds: float
    bytes: int
    curve: tuple[CurvePoint, ...] = ()
    counts: Mapping[str, int] = field(default_factory=dict)

    @property
    def rate(self) -> float:
        """Units per second over the whole stage."""
        return self.done / self.seconds if self.seconds > 0 else 0.0
