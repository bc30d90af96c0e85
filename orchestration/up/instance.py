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
    from dagster import DagsterInstance, DagsterRun

PROCESS_TAG = "lorechat/process"


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
    ever, and block the queue for their source. Their rows are kept: the daemon runs them again, from where they were.
    """
    stale = [run for run in _unfinished(instance) if run.remote_job_origin is not None]
    return _end(instance, stale, "LoreChat was stopped while this run was going on; the next one continues it.")


def end_dead_runs(instance: DagsterInstance) -> list[str]:
    """Mark the runs as failed that ran inside a process that is gone, and return their ids.

    Dagster watches only the runs that it launched; without this they would keep their places in the pools for ever.
    """
    dead = [run for run in _unfinished(instance) if PROCESS_TAG in run.tags and not _is_alive(run.tags[PROCESS_TAG])]
    return _end(instance, dead, "The process that this run was in is gone; the next run continues it.")


def process_tags() -> dict[str, str]:
    """Return the tags of a run inside this process."""
    return {PROCESS_TAG: str(os.getpid())}


def _unfinished(instance: DagsterInstance) -> list[DagsterRun]:
    from dagster import RunsFilter

    from orchestration.run_tag import UNFINISHED

    return list(instance.get_runs(RunsFilter(statuses=UNFINISHED)))


def _end(instance: DagsterInstance, runs: list[DagsterRun], why: str) -> list[str]:
    for run in runs:
        instance.report_run_failed(run, why)
        instance.event_log_storage.free_concurrency_slots_for_run(run.run_id)
    return [run.run_id for run in runs]


def _is_alive(pid: str) -> bool:
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
