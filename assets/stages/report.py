"""What a stage did: counts, cost and the curve of its throughput."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, NamedTuple, Self

from retrieval.tuning import BatchPoint


class CurvePoint(NamedTuple):
    """Throughput at a moment: seconds since the stage began, units per second since the point before."""

    seconds: float
    rate: float


@dataclass(frozen=True, slots=True)
class StageReport:
    """`done` units were worked on and `added` rows appended; `skipped` rows were there already; `quarantined` rows
    broke a rule. `bytes` is the size of what was read. `counts` holds what else a person wants to know. Where batches
    were sized by measuring, `batches` are the measurements and `best_batch` is the size that was found best."""

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
    batches: tuple[BatchPoint, ...] = ()
    best_batch: int | None = None

    @property
    def rate(self) -> float:
        """Units per second over the whole stage."""
        return self.done / self.seconds if self.seconds > 0 else 0.0

    def to_json(self) -> str:
        """Write the report on one line, for another process."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Read a report back."""
        return cls.from_mapping(json.loads(text))

    @classmethod
    def from_mapping(cls, told: Mapping[str, Any]) -> Self:
        """Read the fields back as JSON has them."""
        curve = tuple(CurvePoint(*point) for point in told["curve"])
        return cls(**{**told, "curve": curve, "batches": tuple(BatchPoint(*point) for point in told["batches"])})
