"""A stage in several workers: each does its share of the missing keys, and together they tell one story."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from queue import SimpleQueue

from assets.stages.meter import Meter
from assets.stages.report import StageReport
from assets.stages.shard import Shard
from assets.stages.share import Mailbox, Share, work_off
from assets.stages.worker_job import ModelChoice, WorkerJob, lake_environment
from assets.stages.worker_process import Processes
from assets.stages.workplace import Order, Workplace
from assets.steps.chunk import ChunkingSettings
from data_contracts.progress import Progress
from data_contracts.source import Source
from lake import Appended, Lake
from retrieval.embedder import Embedder
from retrieval.machine import free_memory, usable_cores

_LEAST_SHARE = {"markdown": 300, "chunks": 1000, "embeddings": 400}
"""Pages, documents and texts that make up for the start of a process, which takes one to two seconds."""
_WORKER_BYTES = 700_000_000  # the most that one took on sites of 2,000 pages, with room


@dataclass(frozen=True)
class Crew:
    """The worker processes that a stage may use on this machine, and what they need.

    `workers` are the most at once (None: one per core); `model` tells them where the embedding model is.
    `environment` is what they start with; `least_share` the units of each stage below which none is started; `threads`
    the threads in which each embeds (None: the cores, shared out).
    """

    model: ModelChoice
    environment: Mapping[str, str] = field(repr=False)
    workers: int | None = None
    least_share: Mapping[str, int] = field(default_factory=lambda: _LEAST_SHARE)
    threads: int | None = None

    def hands(self, stage: str, units: int) -> int:
        """Return how many workers are worth starting for so much work; 0: none, do it in this process.

        Without a number from a person there are no more than the free memory holds, and none to embed: the engine's
        threads, or a GPU, do as much in one process, with one model in memory (1,489 texts on two cores took 26 s of
        CPU time there, and 30 s with two workers).
        """
        if self.workers is None and stage == "embeddings":
            return 0
        memory = free_memory()
        fitting = usable_cores() if memory is None else min(usable_cores(), memory // _WORKER_BYTES)
        hands = min(self.workers or fitting, units // self.least_share[stage])
        return hands if hands > 1 else 0

    def run(
        self,
        stage: str,
        source: Source,
        lake: Lake,
        meter: Meter,
        *,
        hands: int,
        embedder: Embedder | None = None,
        chunking: ChunkingSettings | None = None,
    ) -> None:
        """Let `hands` workers do the stage, and count on `meter` what they do.

        A worker that dies is followed by one that goes on where it was. Raises WorkerFailed, WorkerBusy.
        """
        job = WorkerJob(
            source=source,
            lake=lake.url,
            model=pinned(self.model, embedder),
            chunking=chunking or ChunkingSettings(),
            threads=self.threads or max(1, usable_cores() // hands),
            parent=os.getpid(),
        )
        with tempfile.TemporaryDirectory(prefix="lorechat-workers-") as folder:
            environment = _plain(self.environment) | lake_environment(lake)
            share_out(stage, job, meter, Processes(Path(folder), environment), hands=hands)


def pinned(model: ModelChoice, embedder: Embedder | None) -> ModelChoice:
    """Return the choice of the very model that `embedder` is."""
    return model.model_copy(update={"model_id": "" if embedder is None else embedder.model_id})


def share_out(stage: str, job: WorkerJob, meter: Meter, workplace: Workplace, *, hands: int) -> None:
    """Let `hands` workers of a workplace do the job's stage, and count on `meter` what they do.

    Raises WorkerFailed, WorkerBusy.
    """
    mailbox: Mailbox = SimpleQueue()
    tallies = [_Tally(meter) for _ in range(hands)]
    shares = [
        Share(Order(stage, Shard(index, hands), job), workplace, mailbox, tally.hear, StageReport.from_mapping)
        for index, tally in enumerate(tallies, start=1)
    ]
    work_off(shares, mailbox)
    for share, tally in zip(shares, tallies, strict=True):
        assert share.report is not None  # noqa: S101 - all have been waited for
        tally.close(share.report)


class _Tally:
    """What a share's workers have told, and how much of it is on the meter already.

    A worker that follows one that died counts from nought what is left; so units done are counted by how many are
    left of the first total. Of the rows of one that died those are counted that it still told of.
    """

    def __init__(self, meter: Meter) -> None:
        self._meter = meter
        self._total: int | None = None
        self._done = 0
        self._worker = 0
        self._rows = Appended()

    def hear(self, worker: int, progress: Progress) -> None:
        """Count what is new in a progress line of the worker with this number."""
        total = progress.total or 0
        self._total = total if self._total is None else self._total
        if self._worker != worker:
            self._worker, self._rows = worker, Appended()
        now = Appended(added=progress.counts.get("added", 0), quarantined=progress.counts.get("quarantined", 0))
        self._meter.rows(Appended(now.added - self._rows.added, 0, now.quarantined - self._rows.quarantined))
        self._rows = now
        done = max(self._done, self._total - (total - progress.done))
        self._meter.work(done - self._done)
        self._done = done

    def close(self, report: StageReport) -> None:
        """Count what only the report says."""
        self._meter.work(0, report.bytes)
        self._meter.batches(report.batches, report.best_batch)


def _plain(environment: Mapping[str, str]) -> dict[str, str]:
    """The environment without Dagster Pipes', which may be our own and is not meant for these children."""
    return {name: value for name, value in environment.items() if not name.startswith("DAGSTER_PIPES_")}
