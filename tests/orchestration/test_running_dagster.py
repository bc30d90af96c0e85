"""A running webserver and daemon, asked to run and to backfill sources as the UI and `lorechat up` do."""

from __future__ import annotations

import os
import re
import signal
from collections.abc import Callable
from typing import Any

import pytest

from data_contracts.source import Source
from orchestration.error import BuildFailed
from orchestration.materialize import launch_and_follow, open_instance
from orchestration.partitions import add_partitions
from scrapers.source_file import write_source
from tests.free_port import free_port

pytestmark = pytest.mark.slow

ASSETS = ("raw_html", "markdown", "chunks", "embeddings", "vector_index")


@pytest.fixture
def add(dagster: Any) -> Callable[[Source], None]:
    """Add a source that the daemon does not build by itself, because its partition is there before its file."""

    def _add(source: Source) -> None:
        with open_instance(dagster.settings) as instance:
            add_partitions(instance, [source.name])
        write_source(dagster.settings.sources, source)

    return _add


def test_a_run_is_launched_followed_and_tagged(dagster: Any, add: Any, small_site: Any) -> None:
    add(small_site.source("followed"))
    stages = {progress.stage for progress in launch_and_follow(dagster.settings, "followed")}
    assert stages >= {"crawl", "markdown", "chunks", "embeddings", "vector_index"}
    assert dagster.settings.store().live("followed").pages == 7
    runs = dagster.runs("followed")
    assert [run["jobName"] for run in runs] == ["build_source"], runs
    assert runs[0]["tags"]["lorechat/source"] == "followed"


def test_three_sources_are_backfilled_and_one_stage_is_run_again(dagster: Any, add: Any, small_site: Any) -> None:
    names = ["one", "two", "three"]
    for name in names:
        add(small_site.source(name))
    assert dagster.backfill(names, ASSETS) == "COMPLETED_SUCCESS"
    assert {name: dagster.settings.store().live(name).pages for name in names} == dict.fromkeys(names, 7)
    runs = [run for name in names for run in dagster.runs(name) if run["status"] == "SUCCESS"]
    assert [run["tags"]["lorechat/source"] for run in runs] == names

    again = dagster.launch("two", "build_source", "markdown")
    dagster.wait("run of one stage", lambda: dagster.ended("two", "build_source"))
    [run] = [run for run in dagster.runs("two") if run["runId"] == again]
    assert run["status"] == "SUCCESS"
    with open_instance(dagster.settings) as instance:
        steps = {step.step_key for step in instance.get_run_step_stats(again)}
    assert steps == {"markdown"}


def test_a_run_whose_process_was_killed_is_run_again(dagster: Any, add: Any, small_site: Any) -> None:
    add(small_site.source("killed"))
    small_site.weather = lambda path: small_site.how(delay=1.5)
    first = dagster.launch("killed", "build_source")
    os.kill(dagster.wait("process of the run", lambda: _process(dagster, first)), signal.SIGKILL)
    small_site.weather = lambda path: None
    dagster.wait("live release", lambda: dagster.settings.store().live("killed"))
    runs = dagster.wait("end of the second run", lambda: dagster.ended("killed", "build_source"))
    assert [run["status"] for run in runs] == ["FAILURE", "SUCCESS"]
    assert runs[1]["tags"]["dagster/parent_run_id"] == first
    assert dagster.settings.store().live("killed").pages == 7


def _process(dagster: Any, run_id: str) -> int | None:
    """The process of a run that crawls."""
    with open_instance(dagster.settings) as instance:
        log = "\n".join(record.event_log_entry.user_message for record in instance.get_records_for_run(run_id).records)
    found = re.search(r"Executing steps in process \(pid: (\d+)\)", log)
    return int(found[1]) if found and "opened dagster pipes" in log else None


def test_without_a_running_dagster_it_says_so(dagster: Any, add: Any, small_site: Any) -> None:
    add(small_site.source("alone"))
    elsewhere = dagster.settings.model_copy(update={"dagster_port": free_port()})
    with pytest.raises(BuildFailed, match="no Dagster answers on port"):
        list(launch_and_follow(elsewhere, "alone"))
