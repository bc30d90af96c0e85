"""Tags that tie a Dagster run to its source."""

from __future__ import annotations

import dagster as dg
from dagster import DagsterRunStatus, RunsFilter

SOURCE_TAG = "lorechat/source"
PARTITION_TAG = "dagster/partition"

UNFINISHED = [
    DagsterRunStatus.QUEUED,
    DagsterRunStatus.NOT_STARTED,
    DagsterRunStatus.STARTING,
    DagsterRunStatus.STARTED,
    DagsterRunStatus.CANCELING,
]


def source_tags(source: str) -> dict[str, str]:
    """Return the tags of a run about a source."""
    return {SOURCE_TAG: source}


def tag_source(instance: dg.DagsterInstance, run: dg.DagsterRun) -> None:
    """Tag a run with its source, whoever launched it: the UI and automation tag the partition only."""
    partition = run.tags.get(PARTITION_TAG)
    if partition is not None and SOURCE_TAG not in run.tags:
        instance.add_run_tags(run.run_id, source_tags(partition))


def is_busy(instance: dg.DagsterInstance, source: str) -> bool:
    """Whether a run about the source waits or goes on."""
    return instance.get_runs_count(RunsFilter(tags={PARTITION_TAG: source}, statuses=UNFINISHED)) > 0
