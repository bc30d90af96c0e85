"""Where a stage is done, by its size and by what is set: a table of decisions, nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from orchestration.workplace.worker_settings import WorkerSettings

Where = Literal["run", "local", "lambda", "ecs"]

SHARE = {
    "lambda": {"markdown": 400, "chunks": 800, "embeddings": 600},
    "ecs": {"markdown": 2500, "chunks": 5000, "embeddings": 5000},
}
"""Units of a worker: an invocation has to end well within ten minutes, and a task is to work longer than the minute
that it takes to start."""


@dataclass(frozen=True, slots=True)
class Placement:
    """`workers` at `where`; `run` is the process that asks, `local` leaves it to this machine's own crew."""

    where: Where
    workers: int = 0


class Placing:
    """Decides by the settings; `share` are the units of a worker at each place."""

    def __init__(self, settings: WorkerSettings, *, share: Mapping[str, Mapping[str, int]] = SHARE) -> None:
        self._settings = settings
        self._share = share
        self._function = bool(settings.worker_function)
        self._tasks = bool(settings.worker_cluster and settings.worker_task)

    @property
    def is_remote(self) -> bool:
        """Whether there is anything but this machine."""
        return self._function or self._tasks

    def crawl(self) -> Where:
        """A crawl of a site has no size beforehand, and may last for hours: a task of ECS, where there are any."""
        place = self._settings.place_of("crawl")
        return "ecs" if self._tasks and place in ("auto", "ecs") else "local"

    def stage(self, stage: str, units: int) -> Placement:
        """Return where so many missing units of a stage are done."""
        place = self._settings.place_of(stage)
        if place == "local" or not self.is_remote:
            return Placement("local")
        if units < (1 if place in ("lambda", "ecs") else self._settings.worker_remote_from):
            return Placement("run")
        where = self._where(place, units)
        most = self._settings.worker_most
        return Placement(where, max(1, min(most, -(-units // self._share[where][stage]))))

    def _where(self, place: str, units: int) -> Literal["lambda", "ecs"]:
        if place != "auto":
            return "lambda" if place == "lambda" else "ecs"
        if not (self._function and self._tasks):
            return "lambda" if self._function else "ecs"
        return "lambda" if units < self._settings.worker_tasks_from else "ecs"
