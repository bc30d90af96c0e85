"""A run's event log, read for people: how far it is, and why it failed."""

from __future__ import annotations

from collections.abc import Iterator

import dagster as dg
from dagster import DagsterEventType, DagsterRunStatus, EventLogEntry

from data_contracts.progress import Progress

ENDED = (DagsterRunStatus.SUCCESS, DagsterRunStatus.FAILURE, DagsterRunStatus.CANCELED)


def progress_of(entry: EventLogEntry) -> Progress | None:
    """Read the progress that a stage logged; None for any other entry."""
    return Progress.parse(entry.user_message.strip())


def read_progress(instance: dg.DagsterInstance, run_id: str, cursor: str | None) -> tuple[list[Progress], str | None]:
    """Return the progress logged after `cursor`, and the cursor to go on from."""
    connection = instance.get_records_for_run(run_id, cursor=cursor)
    found = (progress_of(record.event_log_entry) for record in connection.records)
    return [progress for progress in found if progress is not None], connection.cursor


def failure_reason(instance: dg.DagsterInstance, run_id: str) -> str:
    """Say in a sentence or a few which step failed and why, in the words of the error that was meant for people."""
    checks = list(_failed_checks(instance, run_id))
    reasons = checks or list(_failed_steps(instance, run_id)) or list(_failed_runs(instance, run_id))
    return "\n".join(dict.fromkeys(reasons)) or "the run ended without saying why; its log is in the Dagster UI"


def _failed_checks(instance: dg.DagsterInstance, run_id: str) -> Iterator[str]:
    """What the checks that stopped a run found, where they say it."""
    for record in instance.get_records_for_run(run_id, of_type=DagsterEventType.ASSET_CHECK_EVALUATION).records:
        check = record.event_log_entry.get_dagster_event().asset_check_evaluation_data
        if not check.passed and check.blocking and check.description:
            yield f"{check.asset_key.to_user_string()}: {check.description}"


def _failed_steps(instance: dg.DagsterInstance, run_id: str) -> Iterator[str]:
    for record in instance.get_records_for_run(run_id, of_type=DagsterEventType.STEP_FAILURE).records:
        event = record.event_log_entry.get_dagster_event()
        data = event.step_failure_data
        if data.user_failure_data is not None and data.user_failure_data.description:
            yield f"{event.step_key}: {data.user_failure_data.description}"
        elif data.error is not None:
            cause = data.error.cause or data.error
            yield f"{event.step_key}: {cause.message.strip()}"


def _failed_runs(instance: dg.DagsterInstance, run_id: str) -> Iterator[str]:
    for record in instance.get_records_for_run(run_id, of_type=DagsterEventType.RUN_FAILURE).records:
        yield record.event_log_entry.get_dagster_event().message or ""
