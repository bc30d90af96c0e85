"""Figures of Dagster's runs: how many wait and since when, how many ended and how."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime

import dagster as dg
from dagster import DagsterRunStatus, RunsFilter

from data_contracts.metric_line import MetricKind
from orchestration.metrics.ended import ended_runs
from orchestration.metrics.kind import (
    OLDEST_QUEUED_SECONDS,
    QUEUED_RUNS,
    RUNNING_RUNS,
    RUNS_FAILED,
    RUNS_RETRIED,
    RUNS_SUCCEEDED,
)
from orchestration.metrics.memory import Memory

_WAITING = [DagsterRunStatus.QUEUED]
_RUNNING = [DagsterRunStatus.NOT_STARTED, DagsterRunStatus.STARTING, DagsterRunStatus.STARTED]
_ENDED = [DagsterRunStatus.SUCCESS, DagsterRunStatus.FAILURE]
_WILL_RETRY = "dagster/will_retry"


def queue_figures(instance: dg.DagsterInstance, now: datetime) -> dict[MetricKind, float]:
    """Count the runs that wait and those that go on."""
    oldest = instance.get_run_records(RunsFilter(statuses=_WAITING), limit=1, ascending=True)
    waited = [(now - record.create_timestamp.replace(tzinfo=UTC)).total_seconds() for record in oldest]
    return {
        QUEUED_RUNS: instance.get_runs_count(RunsFilter(statuses=_WAITING)),
        RUNNING_RUNS: instance.get_runs_count(RunsFilter(statuses=_RUNNING)),
        OLDEST_QUEUED_SECONDS: max([0.0, *waited]),
    }


def ended_figures(instance: dg.DagsterInstance, memory: Memory) -> dict[MetricKind, float]:
    """Count the runs that ended since the last look, and note them. A run that failed and is run again has not failed
    for good; runs that a person canceled count nowhere."""
    counts: Counter[MetricKind] = Counter({RUNS_SUCCEEDED: 0, RUNS_RETRIED: 0, RUNS_FAILED: 0})
    for record, end in ended_runs(instance, memory, _ENDED):
        memory.ended[record.dagster_run.run_id] = end
        counts[_kind(record.dagster_run)] += 1
    return dict(counts)


def _kind(run: dg.DagsterRun) -> MetricKind:
    if run.status is DagsterRunStatus.SUCCESS:
        return RUNS_SUCCEEDED
    return RUNS_RETRIED if run.tags.get(_WILL_RETRY) == "true" else RUNS_FAILED
