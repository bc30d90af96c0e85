"""The home of a laptop run: the folder that holds all its state, and the Dagster instance in it."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from orchestration.error import AlreadyRunning

if TYPE_CHECKING:
    from dagster import DagsterInstance


@contextmanager
def only_one(home: Path) -> Iterator[None]:
    """Hold the home for one `lorechat up`. The lock goes with the process, however that ends.

    Raises AlreadyRunning, naming the process that holds it.
    """
    home.mkdir(parents=True, exist_ok=True)
    path = home / "up.lock"
    with path.open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            lock.seek(0)
            raise AlreadyRunning(
                f"LoreChat already runs on {home} (process {lock.read().strip() or 'unknown'}). "
                "Use that one, stop it with Ctrl-C, or set LORECHAT_HOME to another folder."
            ) from error
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        yield


def prepare_instance(home: Path, template: Path) -> Path:
    """Put the Dagster instance's configuration into the home and return its folder (DAGSTER_HOME)."""
    folder = home / "dagster"
    folder.mkdir(parents=True, exist_ok=True)
    wanted = template.read_text()
    there = folder / "dagster.yaml"
    if not there.is_file() or there.read_text() != wanted:
        there.write_text(wanted)
    return folder


def end_stale_runs(instance: DagsterInstance) -> list[str]:
    """Mark the runs as failed that a former `lorechat up` took with it when it ended, and return their ids.

    Whoever holds the home knows that no queued or launched run is alive. Left as they are they would look busy for
    ever, and block the queue for their source. Their rows are kept: the next run goes on where they were.
    """
    from dagster import DagsterRunStatus, RunsFilter

    alive = [
        DagsterRunStatus.QUEUED,
        DagsterRunStatus.NOT_STARTED,
        DagsterRunStatus.STARTING,
        DagsterRunStatus.STARTED,
        DagsterRunStatus.CANCELING,
    ]
    stale = [run for run in instance.get_runs(RunsFilter(statuses=alive)) if run.remote_job_origin is not None]
    for run in stale:
        instance.report_run_failed(run, "LoreChat was stopped while this run was going on; the next one continues it.")
    return [run.run_id for run in stale]
