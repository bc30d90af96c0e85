"""Which work goes where: decided by settings and size, before anything is opened."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from assets.stages.sharding import Crew
from assets.stages.worker_job import CRAWL, STAGES
from orchestration.error import BadInput
from orchestration.resources import make_flow
from orchestration.settings import PipelineSettings
from orchestration.workplace.placement import SHARE, Placement, Placing
from orchestration.workplace.remote_crew import RemoteCrew

AWS: dict[str, Any] = {
    "worker_function": "pages",
    "worker_cluster": "cluster",
    "worker_task": "task:1",
    "lake_url": "s3://lake/lake",
}


def settings(**told: Any) -> PipelineSettings:
    return PipelineSettings(**{**AWS, **told})


@pytest.mark.parametrize(
    ("units", "expected"),
    [
        (0, Placement("run")),
        (199, Placement("run")),
        (200, Placement("lambda", 1)),
        (401, Placement("lambda", 2)),
        (4999, Placement("lambda", 8)),
        (5000, Placement("ecs", 2)),
        (1_000_000, Placement("ecs", 8)),
    ],
)
def test_a_stage_goes_where_its_size_is_done_best(units: int, expected: Placement) -> None:
    assert Placing(settings()).stage("markdown", units) == expected


@pytest.mark.parametrize(
    ("told", "stage", "expected"),
    [
        ({"worker_place": "local"}, "markdown", "local"),
        ({"worker_place": "ecs"}, "chunks", "ecs"),
        ({"worker_place": "lambda"}, "embeddings", "lambda"),
        ({"worker_place": "markdown=ecs"}, "markdown", "ecs"),
        ({"worker_place": "markdown=ecs"}, "chunks", "lambda"),
        ({"worker_place": "ecs,chunks=local"}, "chunks", "local"),
        ({"worker_function": ""}, "markdown", "ecs"),
        ({"worker_cluster": ""}, "markdown", "lambda"),
        ({"worker_function": "", "worker_cluster": ""}, "markdown", "local"),
        ({"worker_tasks_from": 300}, "markdown", "ecs"),
        ({"worker_remote_from": 1000}, "markdown", "run"),
    ],
)
def test_a_person_may_say_where(told: dict[str, Any], stage: str, expected: str) -> None:
    assert Placing(settings(**told)).stage(stage, 500).where == expected


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ({}, "ecs"),
        ({"worker_place": "lambda"}, "ecs"),
        ({"worker_place": "crawl=local"}, "local"),
        ({"worker_cluster": ""}, "local"),
    ],
)
def test_a_crawl_is_a_task_or_stays(told: dict[str, Any], expected: str) -> None:
    assert Placing(settings(**told)).crawl() == expected


@pytest.mark.parametrize(
    ("told", "message"),
    [
        ({"worker_place": "somewhere"}, "'somewhere' is no place to work at: write auto, local, lambda or ecs"),
        ({"worker_place": "cook=ecs"}, "'cook=ecs' is no place"),
        ({"worker_place": "crawl=lambda"}, "a crawl takes longer than a function may"),
        ({"worker_place": "ecs", "worker_cluster": ""}, "names ecs, and there is none"),
        ({"worker_place": "chunks=lambda", "worker_function": ""}, "names lambda, and there is none"),
        ({"worker_task": ""}, "needs LORECHAT_WORKER_TASK"),
    ],
)
def test_what_cannot_be_is_said_before_anything_runs(told: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        settings(**told)


def test_every_stage_has_a_size_of_share() -> None:
    assert all(set(sizes) | {CRAWL} == set(STAGES) for sizes in SHARE.values())


def test_the_flow_gets_what_the_settings_say(tmp_path: Path) -> None:
    here = make_flow(PipelineSettings(home=tmp_path))
    assert isinstance(here.crew, Crew)
    assert here.crawler is None
    there = make_flow(settings(home=tmp_path, worker_subnets="subnet-1, subnet-2", worker_group="sg-1"))
    assert isinstance(there.crew, RemoteCrew)
    assert there.crawler is not None
    assert there.crew.tasks.subnets == ("subnet-1", "subnet-2")
    assert there.crew.model.cache is None
    assert make_flow(settings(home=tmp_path, worker_place="crawl=local")).crawler is None


def test_workers_elsewhere_need_a_lake_that_they_can_reach(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="set LORECHAT_LAKE to s3://bucket/prefix"):
        make_flow(settings(home=tmp_path, lake_url=str(tmp_path)))
