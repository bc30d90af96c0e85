"""Where the shares of a stage are done: one protocol for processes of this machine and for workers elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from assets.stages.meter import Meter
from assets.stages.shard import Shard
from assets.stages.worker_job import WorkerJob
from assets.steps.chunk import ChunkingSettings
from data_contracts.progress import Progress
from data_contracts.source import Source
from lake import Lake
from retrieval.embedder import Embedder


@dataclass(frozen=True, slots=True)
class Order:
    """A share to be done. `start` counts from 1 how often a worker was started for it."""

    stage: str
    shard: Shard
    job: WorkerJob
    start: int = 1

    def __str__(self) -> str:
        return f"{self.stage} worker {self.shard} of {self.job.source.name!r}"


@dataclass(frozen=True, slots=True)
class Ending:
    """How a worker ended.

    `report` brings one; the others bring a sentence: `failed` and `held` what a person must mend, `later` why it could
    not work now, `died` how it went without a word. `where` says where more can be read.
    """

    kind: Literal["report", "failed", "held", "later", "died"]
    report: Mapping[str, Any] | None = None
    sentence: str = ""
    where: str = ""


class Worker(Protocol):
    """One start of a share's worker, which talks from a thread of its own."""

    def start(self, heard: Callable[[Progress], None], ended: Callable[[Ending], None]) -> None:
        """Begin. `heard` gets its progress, and `ended` is called once, whatever happens, unless it was stopped."""

    def stop(self) -> None:
        """End it, if it is still there. Tells of what cannot be ended, and raises nothing for it."""


class Workplace(Protocol):
    """Makes workers. `advice` is what a person may do when they die again and again."""

    @property
    def advice(self) -> str:
        """A sentence or two."""

    def worker(self, order: Order) -> Worker:
        """Return a worker that was not started yet."""


class Workforce(Protocol):
    """Those who do a large stage in shares, wherever that is."""

    def hands(self, stage: str, units: int) -> int:
        """Return how many workers are worth starting for so much work; 0: none, do it in this process."""

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
        """Let `hands` workers do the stage, and count on `meter` what they do. Raises WorkerFailed, WorkerBusy."""
