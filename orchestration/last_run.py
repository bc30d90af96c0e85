"""The newest Dagster run about a source, for those who look at a terminal and not at the UI."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dagster import DagsterInstance

    from orchestration.settings import PipelineSettings


@dataclass(frozen=True, slots=True)
class LastRun:
    """A run: `status` in Dagster's words, `at` when that was reached; `reason` says why it failed, if it did."""

    run_id: str
    job: str
    status: str
    at: datetime
    reason: str | None


def last_runs(settings: PipelineSettings, sources: Iterable[str]) -> dict[str, LastRun]:
    """Return the newest run of each source that has one; none where no Dagster ever ran."""
    if not (settings.dagster_home / "dagster.yaml").is_file():
        return {}
    from orchestration.materialize import open_instance

    with open_instance(settings) as instance:
        found = {name: _last_run(instance, name) for name in sources}
    return {name: run for name, run in found.items() if run is not None}


def _last_run(instance: DagsterInstance, source: str) -> LastRun | None:
    from dagster import DagsterRunStatus, RunsFilter

    from orchestration.run_log import failure_reason
    from orchestration.run_tag import PARTITION_TAG

    for record in instance.get_run_records(RunsFilter(tags={PARTITION_TAG: source}), limit=1):
        run = record.dagster_run
        reason = failure_reason(instance, run.run_id) if run.status is DagsterRunStatus.FAILURE else None
        at = record.update_timestamp.replace(tzinfo=UTC)  # Dagster's storage keeps UTC without saying so
        return LastRun(run.run_id, run.job_name, run.status.value.lower(), at, reason)
    return None
