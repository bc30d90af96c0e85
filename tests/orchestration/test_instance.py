"""Dagster's instance in a home: places in pools, and runs whose process is gone."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest

from orchestration.definitions import defs
from orchestration.materialize import open_instance
from orchestration.pools import LIMITS, set_pool_limits
from orchestration.run_tag import PARTITION_TAG, SOURCE_TAG, is_busy, tag_source
from orchestration.settings import PipelineSettings
from orchestration.up.instance import PROCESS_TAG, end_dead_runs, process_tags


@pytest.fixture
def instance(tmp_path: Path) -> Iterator[dg.DagsterInstance]:
    with open_instance(PipelineSettings(home=tmp_path)) as opened:
        yield opened


def _limits(instance: dg.DagsterInstance) -> dict[str, int]:
    return {pool.name: pool.limit for pool in instance.event_log_storage.get_pool_limits()}


def _started(instance: dg.DagsterInstance, tags: dict[str, str]) -> dg.DagsterRun:
    job = defs.resolve_job_def("build_source")
    return instance.create_run_for_job(job, tags=tags, status=dg.DagsterRunStatus.STARTED)


def test_crawls_have_more_places_than_other_work_until_a_person_says_otherwise(instance: dg.DagsterInstance) -> None:
    set_pool_limits(instance)
    assert _limits(instance) == LIMITS
    assert instance.event_log_storage.get_pool_config().default_pool_limit == 1
    instance.event_log_storage.set_concurrency_slots("crawl", 7)
    set_pool_limits(instance)
    assert _limits(instance) == {"crawl": 7}


def test_a_run_of_a_dead_process_ends_and_gives_its_place_back(instance: dg.DagsterInstance) -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as ended:
        ended.wait()
    dead = _started(instance, {PROCESS_TAG: str(ended.pid), PARTITION_TAG: "docs"})
    alive = _started(instance, process_tags())
    storage = instance.event_log_storage
    storage.set_concurrency_slots("embed", 1)
    assert storage.claim_concurrency_slot("embed", dead.run_id, "embeddings").is_claimed
    assert is_busy(instance, "docs")
    assert end_dead_runs(instance) == [dead.run_id]
    assert not is_busy(instance, "docs")
    assert storage.claim_concurrency_slot("embed", alive.run_id, "embeddings").is_claimed


def test_a_run_that_only_names_its_partition_is_tagged_with_its_source(instance: dg.DagsterInstance) -> None:
    run, other = _started(instance, {PARTITION_TAG: "docs"}), _started(instance, {})
    for one in (run, other):
        tag_source(instance, one)
    tags = [instance.get_run_by_id(one.run_id).tags.get(SOURCE_TAG) for one in (run, other)]
    assert tags == ["docs", None]
