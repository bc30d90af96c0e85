"""A stage in several worker processes: each does its share of the missing keys, and together they tell one story."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from queue import SimpleQueue

from assets.stages.meter import Meter
from assets.stages.report import StageReport
from assets.stages.shard import Shard
from assets.stages.worker_job import ModelChoice, WorkerJob, lake_environment
from assets.stages.worker_process import Mailbox, WorkerProcess
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
        """Return how many workers are worth starting for so much work; 1: none, do it in this process.

        Without a number from a person there are no more than the free memory holds, and none to embed: the engine's
        threads, or a GPU, do as much in one process, with one model in memory (1,489 texts on two cores took 26 s of
        CPU time there, and 30 s with two workers).
        """
        if self.workers is None and stage == "embeddings":
            return 1
        memory = free_memory()
        fitting = usable_cores() if memory is None else min(usable_cores(), memory // _WORKER_BYTES)
        return max(1, min(self.workers or fitting, units // self.least_share[stage]))

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

        A worker that dies is started again and goes on where it was. Raises WorkerFailed, WorkerBusy.
        """
        model = self.model.model_copy(update={"model_id": "" if embedder is None else embedder.model_id})
        job = WorkerJob(
            source=source,
            lake=lake.url,
            model=model,
            chunking=chunking or ChunkingSettings(),
            threads=self.threads or max(1, usable_cores() // hands),
            parent=os.getpid(),
        )
        with tempfile.TemporaryDirectory(prefix="lorechat-workers-") as folder, ExitStack() as leaving:
            jobs = _write(job, Path(folder))
            mailbox: Mailbox = SimpleQueue()
            environment = _plain(self.environment) | lake_environment(lake)
            shares = [
                _Share(WorkerProcess(stage, source.name, Shard(index, hands), jobs, environment), meter)
                for index in range(1, hands + 1)
            ]
            for share in shares:
                leaving.callback(share.worker.stop)
                share.worker.start(mailbox, share.hear)
            while any(share.worker.report is None for share in shares):
                mailbox.get()()
            for share in shares:
                share.close()


class _Share:
    """What a share's processes have told, and how much of it is on the meter already.

    A process that follows one that died counts from nought what is left; so units done are counted by how many are
    left of the first total. Of the rows of one that died those are counted that it still told of.
    """

    def __init__(self, worker: WorkerProcess, meter: Meter) -> None:
        self.worker = worker
        self._meter = meter
        self._total: int | None = None
        self._done = 0
        self._generation = 0
        self._rows = Appended()

    def hear(self, progress: Progress) -> None:
        """Count what is new in a progress line."""
        total = progress.total or 0
        self._total = total if self._total is None else self._total
        if self._generation != self.worker.generation:
            self._generation, self._rows = self.worker.generation, Appended()
        now = Appended(added=progress.counts.get("added", 0), quarantined=progress.counts.get("quarantined", 0))
        self._meter.rows(Appended(now.added - self._rows.added, 0, now.quarantined - self._rows.quarantined))
        self._rows = now
        done = max(self._done, self._total - (total - progress.done))
        self._meter.work(done - self._done)
        self._done = done

    def close(self) -> None:
        """Count what only the report says."""
        report: StageReport | None = self.worker.report
        assert report is not None  # noqa: S101 - the caller has waited for it
        self._meter.work(0, report.bytes)
        self._meter.batches(report.batches, report.best_batch)


def _write(job: WorkerJob, folder: Path) -> tuple[Path, Path]:
    first, careful = folder / "job.json", folder / "careful.json"
    first.write_text(job.model_dump_json(), "utf-8")
    careful.write_text(job.model_copy(update={"careful": True}).model_dump_json(), "utf-8")
    return first, careful


def _plain(environment: Mapping[str, str]) -> dict[str, str]:
    """The environment without Dagster Pipes', which may be our own and is not meant for these children."""
    return {name: value for name, value in environment.items() if not name.startswith("DAGSTER_PIPES_")}
