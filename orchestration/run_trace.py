"""A run of the pipeline as a trace of X-Ray: the run, and in it how long it waited and each of its steps.

It is made from what Dagster keeps of a run that has ended, so it does not matter where the run and its workers were,
nor whether they were killed. Ids follow from the run's: what is sent twice is one trace, and who knows a run finds it.
Words of errors are left out, as they may hold anything.

The format: "X-Ray segment documents" in the developer guide of AWS X-Ray.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import dagster as dg
from dagster import DagsterRunStatus

from orchestration.metrics.work_figures import figures_told

if TYPE_CHECKING:
    from dagster._core.execution.stats import RunStepKeyStatsSnapshot

SERVICE = "lorechat-pipeline"
"""What the runs are in X-Ray's map of services."""

_PARTITION = "dagster/partition"
_WENT_WELL = ("SUCCESS", "SKIPPED")


def segment_of(
    record: dg.RunRecord, end: float, steps: Sequence[RunStepKeyStatsSnapshot], stage: str
) -> dict[str, Any]:
    """Return the document of a run that ended at `end` (seconds since 1970). A trace can be searched by `annotations`:
    run, job, source, stage and outcome."""
    run, asked = record.dagster_run, record.create_timestamp.timestamp()
    began = record.start_time or end
    parts = [_part(run.run_id, "wait", asked, began)]
    parts += [_step(run.run_id, step, end) for step in steps if step.start_time is not None]
    return {
        "name": SERVICE,
        "id": _id(run.run_id),
        # By the format it begins with the second in which the request came, which may not be long ago.
        "trace_id": f"1-{int(asked):08x}-{run.run_id.replace('-', '')[:24]}",
        "start_time": min(asked, began),  # clocks of two machines
        "end_time": max(end, asked, began),
        "fault": run.status is DagsterRunStatus.FAILURE,
        "annotations": {
            "run": run.run_id,
            "job": run.job_name,
            "source": run.tags.get(_PARTITION, ""),
            "stage": stage,
            "outcome": run.status.value.lower(),
        },
        "subsegments": parts,
    }


def _step(run_id: str, step: RunStepKeyStatsSnapshot, run_end: float) -> dict[str, Any]:
    """A step without an end was killed with its run."""
    start = step.start_time or run_end
    told = _part(run_id, step.step_key, start, step.end_time or run_end)
    told["fault"] = step.status is None or step.status.value not in _WENT_WELL
    figures: dict[str, float] = {"attempts": step.attempts or 1}
    for event in step.materialization_events:
        if (made := event.asset_materialization) is not None:
            figures |= {kind.name: value for kind, value in figures_told(made).items()}
    return told | {"metadata": {"lorechat": figures}}


def _part(run_id: str, name: str, start: float, end: float) -> dict[str, Any]:
    named = re.sub(r"[^\w .:/%&#=+@-]", "_", name, flags=re.ASCII)[:200]
    return {"name": named, "id": _id(f"{run_id}/{name}"), "start_time": start, "end_time": max(start, end)}


def _id(name: str) -> str:
    return hashlib.sha256(name.encode()).hexdigest()[:16]
