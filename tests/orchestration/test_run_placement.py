"""How large a run's task is in AWS, and where it is placed."""

from __future__ import annotations

import json

import pytest
from pydantic import ValidationError

from data_contracts.run_size import RunSize, fitting
from orchestration.run_placement import Placement

STAGE = Placement(RunSize(cpu=1024, memory=4096), spot=True, subnets=("subnet-a", "subnet-b"), group="sg-runs")


def _size(tags: dict[str, str], source: RunSize | None = None) -> tuple[int, int]:
    placed = STAGE.tags(tags, source)
    return int(placed["ecs/cpu"]), int(placed["ecs/memory"])


def _provider(placement: Placement, tags: dict[str, str]) -> str:
    (strategy,) = json.loads(placement.tags(tags, None)["ecs/run_task_kwargs"])["capacityProviderStrategy"]
    assert strategy["weight"] == 1
    return str(strategy["capacityProvider"])


def test_a_run_gets_the_size_of_its_tags_of_its_source_or_of_the_stage() -> None:
    large = RunSize(cpu=4096, memory=16384)
    assert _size({}) == (1024, 4096)
    assert _size({}, large) == (4096, 16384)
    assert _size({"ecs/cpu": "2048", "ecs/memory": "8192"}, large) == (2048, 8192)


def test_a_size_that_is_half_given_is_completed_to_one_that_exists() -> None:
    assert _size({"ecs/memory": "30000"}) == (4096, 30720)
    assert _size({"ecs/cpu": "4096"}) == (4096, 8192)
    assert _size({"ecs/cpu": "256"}) == (512, 4096)  # the least with the stage's memory
    assert fitting(STAGE.size, cpu=None, memory=None) == STAGE.size


@pytest.mark.parametrize(
    "tags", [{"ecs/cpu": "99999"}, {"ecs/memory": "much"}, {"ecs/run_task_kwargs": "{"}, {"ecs/run_task_kwargs": "[1]"}]
)
def test_a_size_that_nobody_has_is_an_error(tags: dict[str, str]) -> None:
    with pytest.raises(ValueError, match=r"no task|invalid literal|Expecting|an object"):
        STAGE.tags(tags, None)


def test_a_pair_that_fargate_lacks_is_named_with_those_it_has() -> None:
    with pytest.raises(ValidationError, match="take 8192 to 30720, in steps of 1024"):
        RunSize(cpu=4096, memory=2048)


def test_a_first_try_is_on_spot_and_a_retry_is_not() -> None:
    assert _provider(STAGE, {}) == "FARGATE_SPOT"
    first = STAGE.tags({}, None)
    assert _provider(STAGE, {**first, "dagster/retry_number": "1"}) == "FARGATE"


def test_a_run_or_a_stage_can_be_kept_off_spot() -> None:
    assert _provider(STAGE, {"lorechat/spot": "false"}) == "FARGATE"
    steady = Placement(STAGE.size, spot=False, subnets=STAGE.subnets, group=STAGE.group)
    assert _provider(steady, {}) == "FARGATE"


def test_a_task_may_start_in_every_zone_and_keeps_what_else_its_run_asks_for() -> None:
    asked = {"ecs/run_task_kwargs": json.dumps({"platformVersion": "1.4.0"})}
    task = json.loads(STAGE.tags(asked, None)["ecs/run_task_kwargs"])
    assert task["platformVersion"] == "1.4.0"
    network = task["networkConfiguration"]["awsvpcConfiguration"]
    assert (network["subnets"], network["securityGroups"]) == (["subnet-a", "subnet-b"], ["sg-runs"])
