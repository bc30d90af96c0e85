"""Running the flow for a source: in this process, or by a running Dagster that is asked to."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import dagster as dg
from dagster import DagsterRunStatus, EventLogEntry

from data_contracts.progress import Progress
from orchestration.error import BuildFailed
from orchestration.graphql import launch_run
from orchestration.partitions import add_partitions
from orchestration.run_log import ENDED, failure_reason, progress_of, read_progress
from orchestration.run_tag import PARTITION_TAG, source_tags
from orchestration.settings import PROJECT, PipelineSettings
from orchestration.up.instance import end_dead_runs, prepare_instance, process_tags

JOB = "build_source"
LOCATION = "lorechat"
INSTANCE_FILE = PROJECT / "infra" / "dagster" / "local" / "dagster.yaml"

_REPOSITORY = "__repository__"  # what Dagster calls the one repository of a code location
_POLL_SECONDS = 0.5


@dataclass(frozen=True, slots=True)
class Build:
    """A run that succeeded."""

    source: str
    run_id: str
    seconds: float


def open_instance(settings: PipelineSettings) -> dg.DagsterInstance:
    """Open the Dagster instance of the home, which the UI shows, too; close it by `with`."""
    return dg.DagsterInstance.from_config(str(prepare_instance(settings.home, INSTANCE_FILE)))


def build_source(
    settings: PipelineSettings,
    name: str,
    *,
    assets: Sequence[str] | None = None,
    on_progress: Callable[[Progress], None],
) -> Build:
    """Bring a source up to date in this process: all of the flow, or the named assets of it.

    Raises SourceError when there is no such source, BuildFailed with the failed step's own words.
    """
    from orchestration.definitions import make_definitions
    from orchestration.resources import make_flow

    flow = make_flow(settings)
    flow.source(name)
    began = time.monotonic()
    run_id = str(uuid.uuid4())

    def listen(entry: EventLogEntry) -> None:
        progress = progress_of(entry)
        if progress is not None:
            on_progress(progress)

    with open_instance(settings) as instance:
        end_dead_runs(instance)
        add_partitions(instance, [name])
        instance.add_event_listener(run_id, listen)
        result = (
            make_definitions(flow)
            .resolve_job_def(JOB)
            .execute_in_process(
                instance=instance,
                partition_key=name,
                asset_selection=None if assets is None else [dg.AssetKey(asset) for asset in assets],
                run_id=run_id,
                tags={**process_tags(), **source_tags(name)},
                run_config={"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}},
                raise_on_error=False,
            )
        )
        if not result.success:
            raise BuildFailed(f"{name} was not built. {failure_reason(instance, run_id)}")
    return Build(name, run_id, time.monotonic() - began)


def launch_and_follow(
    settings: PipelineSettings, name: str, *, assets: Sequence[str] | None = None
) -> Iterator[Progress]:
    """Ask the running Dagster (webserver and daemon of the same home) to build a source; yield its progress.

    Raises BuildFailed with the failed step's own words when the run does not succeed.
    """
    with open_instance(settings) as instance:
        add_partitions(instance, [name])
        run_id = _launch(settings, name, assets)
        cursor: str | None = None
        while True:
            has_ended = _status(instance, run_id) in ENDED  # asked first, so that nothing logged before is missed
            found, cursor = read_progress(instance, run_id, cursor)
            yield from found
            if has_ended:
                break
            time.sleep(_POLL_SECONDS)
        status = _status(instance, run_id)
        if status is not DagsterRunStatus.SUCCESS:
            raise BuildFailed(f"{name} was not built (run {run_id} {status.value}). {failure_reason(instance, run_id)}")


def _status(instance: dg.DagsterInstance, run_id: str) -> DagsterRunStatus:
    run = instance.get_run_by_id(run_id)
    if run is None:
        raise BuildFailed(f"run {run_id} is not in this home's Dagster: does the webserver use another DAGSTER_HOME?")
    return run.status


def _launch(settings: PipelineSettings, name: str, assets: Sequence[str] | None) -> str:
    selector: dict[str, Any] = {"repositoryLocationName": LOCATION, "repositoryName": _REPOSITORY, "jobName": JOB}
    if assets is not None:
        selector["assetSelection"] = [{"path": [asset]} for asset in assets]
    tags = [{"key": key, "value": value} for key, value in {PARTITION_TAG: name, **source_tags(name)}.items()]
    return launch_run(
        settings.dagster_port, {"selector": selector, "runConfigData": {}, "executionMetadata": {"tags": tags}}
    )
