"""Counts what a stage does, tells about it once a second and draws up its report."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence

from assets.stages.report import CurvePoint, StageReport
from data_contracts.progress import Progress
from lake import Appended
from retrieval.tuning import BatchPoint

ProgressListener = Callable[[Progress], None]
"""Gets a stage's progress, about once a second and once at its end."""

_EVERY_SECONDS = 1.0


class Meter:
    """A stage's counters. `total` is None while nobody can know it; `skipped` rows were there before it began."""

    def __init__(
        self, stage: str, unit: str, *, total: int | None, skipped: int, on_progress: ProgressListener
    ) -> None:
        self._stage = stage
        self._unit = unit
        self._total = total
        self._on_progress = on_progress
        self._rows = Appended(skipped=skipped)
        self._done = 0
        self._bytes = 0
        self._curve: list[CurvePoint] = []
        self._batches: list[BatchPoint] = []
        self._best_batch: int | None = None
        self._began = self._told = time.monotonic()
        self._told_done = 0

    @property
    def total(self) -> int | None:
        """The units that there are to work on."""
        return self._total

    def work(self, units: int, size: int = 0) -> None:
        """Count units worked on, and their size in bytes."""
        self._done += units
        self._bytes += size
        if time.monotonic() - self._told >= _EVERY_SECONDS:
            self._tell()

    def rows(self, appended: Appended) -> None:
        """Count rows that came out."""
        self._rows += appended

    def quarantined(self, rows: int) -> None:
        """Count rows that the stage itself put aside."""
        self._rows += Appended(quarantined=rows)

    def batches(self, points: Sequence[BatchPoint], best: int | None) -> None:
        """Take measurements of batch sizes, and the size that was best (the last given one counts)."""
        self._batches.extend(points)
        self._best_batch = best if best is not None else self._best_batch

    def report(self, source: str, counts: Mapping[str, int] | None = None) -> StageReport:
        """End the stage: tell a last time and return what it did."""
        self._tell()
        return StageReport(
            stage=self._stage,
            source=source,
            unit=self._unit,
            done=self._done,
            added=self._rows.added,
            skipped=self._rows.skipped,
            quarantined=self._rows.quarantined,
            seconds=time.monotonic() - self._began,
            bytes=self._bytes,
            curve=tuple(self._curve),
            counts=counts or {},
            batches=tuple(self._batches),
            best_batch=self._best_batch,
        )

    def _tell(self) -> None:
        now = time.monotonic()
        if now > self._told and self._done > self._told_done:
            rate = (self._done - self._told_done) / (now - self._told)
            self._curve.append(CurvePoint(now - self._began, rate))
        self._told, self._told_done = now, self._done
        rows = self._rows
        counts = {"added": rows.added, "skipped": rows.skipped, "quarantined": rows.quarantined}
        overall = self._done / max(now - self._began, 1e-9)
        self._on_progress(Progress(self._stage, self._done, self._total, self._unit, overall, counts))
