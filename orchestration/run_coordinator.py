"""The queue of runs in AWS: whoever asks for a run, its task's size and place are written into its tags here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

from dagster import BoolSource, DagsterInstance, DagsterRun, Field, IntSource, StringSource
from dagster._core.run_coordinator import QueuedRunCoordinator, SubmitRunContext
from dagster._serdes import ConfigurableClassData

from data_contracts.run_size import RunSize
from orchestration.run_placement import Placement
from orchestration.run_tag import PARTITION_TAG, source_tags

_OWN = {
    "cpu": Field(IntSource, description="CPU units of a run that asks for none"),
    "memory": Field(IntSource, description="MiB of a run that asks for none"),
    "spot": Field(BoolSource, description="whether a run's first try may be interrupted"),
    "subnets": Field(StringSource, description="where tasks start, with commas between them"),
    "group": Field(StringSource, description="security group of the tasks"),
}


class FargateRunCoordinator(QueuedRunCoordinator[DagsterInstance]):
    """Dagster's queue, which asks its coordinator about every run that enters: launched by a person, a sensor, a
    schedule, a backfill, or as a retry."""

    def __init__(self, placement: Placement, **queue: Any) -> None:
        super().__init__(**queue)
        self._placement = placement

    @classmethod
    def config_type(cls) -> dict[str, Any]:
        """Return the fields of `dagster.yaml`: ours, and those of Dagster's queue."""
        return {**super().config_type(), **_OWN}  # type: ignore[dict-item]  # wider than the mapping that it is

    @classmethod
    def from_config_value(cls, inst_data: ConfigurableClassData, config_value: Mapping[str, Any]) -> Self:
        """Build it from the fields of `dagster.yaml`. Errors: pydantic's ValidationError for a size that is none."""
        placement = Placement(
            size=RunSize(cpu=config_value["cpu"], memory=config_value["memory"]),
            spot=config_value["spot"],
            subnets=tuple(config_value["subnets"].split(",")),
            group=config_value["group"],
        )
        queue = {name: value for name, value in config_value.items() if name not in _OWN}
        return cls(placement, inst_data=inst_data, **queue)

    def submit_run(self, context: SubmitRunContext) -> DagsterRun:
        """Tag the run and put it into the queue. A size that does not exist fails the run, and says why."""
        run = context.dagster_run
        source = run.tags.get(PARTITION_TAG)
        try:
            tags = self._placement.tags(run.tags, _size_of(source)) | (source_tags(source) if source else {})
        except ValueError as error:
            self._instance.report_run_failed(run, f"This run cannot be started: {error}.")
            return self._reloaded(run)
        self._instance.add_run_tags(run.run_id, tags)
        return super().submit_run(context)

    def _reloaded(self, run: DagsterRun) -> DagsterRun:
        return self._instance.get_run_by_id(run.run_id) or run


def _size_of(source: str | None) -> RunSize | None:
    """Return what a source asks for. One that cannot be read asks for nothing: its run will say what is wrong."""
    from lake.error import LakeUnreachable
    from orchestration.settings import PipelineSettings
    from scrapers.error import SourceError

    if source is None:
        return None
    try:
        return PipelineSettings().catalog().load(source).run_size
    except (LakeUnreachable, SourceError):
        return None
