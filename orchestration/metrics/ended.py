"""Which runs of Dagster ended since a sensor looked last."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

import dagster as dg
from dagster import DagsterRunStatus, RunsFilter

from orchestration.metrics.memory import Memory

_MOST = 1000


def ended_runs(
    instance: dg.DagsterInstance, memory: Memory, statuses: Sequence[DagsterRunStatus]
) -> Iterator[tuple[dg.RunRecord, float]]:
    """Yield runs that ended one of these ways, and when (seconds since 1970), but none that the memory holds. Who has
    dealt with one notes it there."""
    since = datetime.fromtimestamp(memory.horizon, UTC)
    for record in instance.get_run_records(RunsFilter(statuses=list(statuses), updated_after=since), limit=_MOST):
        end = record.end_time
        # An old run whose tags changed was updated lately, too.
        if end is not None and end >= memory.horizon and record.dagster_run.run_id not in memory.ended:
            yield record, end
