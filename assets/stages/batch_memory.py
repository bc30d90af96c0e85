"""Which batch size was best before, kept in the lake: the next run begins with it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime

import polars as pl

from data_contracts.batch_curve import BATCH_CURVES
from lake import Lake
from retrieval.machine import machine_name
from retrieval.tuning import BatchTuner

_MOST_POINTS = 500


@dataclass(frozen=True, slots=True)
class BatchMemory:
    """The curves of one stage into one `target`, in one `unit`, on machines like this one."""

    lake: Lake
    stage: str
    target: str
    unit: str

    def best(self) -> int | None:
        """Return the size that was best in the last run, whatever the source; None when there was none."""
        rows = self.lake.scan(BATCH_CURVES).filter(
            (pl.col("stage") == self.stage)
            & (pl.col("target") == self.target)
            & (pl.col("machine") == machine_name())
            & (pl.col("unit") == self.unit)
        )
        last = rows.sort("measured_at", descending=True).head(1).select("best").collect()
        return None if last.is_empty() else int(last.item())

    def keep(self, source: str, tuner: BatchTuner) -> None:
        """Write a run's curve down, its last part when it is long; nothing for a run without batches."""
        if not tuner.points:
            return
        points = [[point.size, round(point.rate, 3), point.outcome] for point in tuner.points[-_MOST_POINTS:]]
        row = {
            "stage": self.stage,
            "target": self.target,
            "machine": machine_name(),
            "measured_at": datetime.now(UTC),
            "unit": self.unit,
            "best": tuner.best,
            "curve": json.dumps(points),
        }
        schema = BATCH_CURVES.schema.create_empty().drop("source").schema
        self.lake.append(BATCH_CURVES, pl.DataFrame([row], schema=schema), source=source)
