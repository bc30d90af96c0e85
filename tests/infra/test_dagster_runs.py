"""Dagster's three services with the instance file of AWS, and runs that ECS starts.

Real are Dagster, the definitions, PostgreSQL, the commands and task definitions that the CDK wrote, and the rights of
their roles, which ministack enforces. An agent plays the machines of Fargate.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from botocore.exceptions import ClientError

from orchestration.partitions import PARTITIONS
from orchestration.pools import LIMITS
from scrapers.source_file import write_source
from tests.infra.conftest import Stage
from tests.infra.dagster_stand_in.deployment import Deployment, deployment
from tests.ministack import Ministack
from tests.postgres import PostgresServer

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def deployed(
    prod: Stage,
    ministack: Ministack,
    postgres: PostgresServer,
    prepared_models: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Deployment]:
    folder = tmp_path_factory.mktemp("dagster-on-aws")
    with deployment(prod, ministack, postgres, prepared_models, folder) as running:
        yield running


def _add(deployed: Deployment, source: Any) -> None:
    """Add a source that no sensor builds by itself, because its partition is there before its file."""
    with deployed.instance() as instance:
        instance.add_dynamic_partitions(PARTITIONS, [source.name])
    write_source(deployed.dagster.settings.sources, source)


def _task_of(deployed: Deployment, run_id: str) -> dict[str, Any]:
    (task,) = (task for task in deployed.agent.tasks() if _tags(task)["dagster/run_id"] == run_id)
    return task


def _tags(task: dict[str, Any]) -> dict[str, str]:
    return {tag["key"]: tag["value"] for tag in task["tags"]}


@pytest.fixture(scope="module")
def built(deployed: Deployment, make_site: Any) -> str:
    """The id of a run that has built the source `large`, which asks for a size of its own."""
    site = make_site({"/": "<h1>Rope</h1><p>A boat is moored with two ropes, one to the bow and one to the stern.</p>"})
    _add(deployed, site.source("large", run_size={"cpu": 2048, "memory": 8192}))
    run_id = deployed.dagster.launch("large", "build_source")
    deployed.wait_for_end("large")
    return run_id


def test_a_run_that_ecs_started_fills_a_source(deployed: Deployment, built: str) -> None:
    (run,) = deployed.builds("large")
    assert run["status"] == "SUCCESS", deployed.agent.printed(run["tags"]["ecs/task_arn"])
    live = deployed.dagster.settings.store().live("large")
    assert live is not None
    assert live.pages == 1


def test_its_task_has_the_size_of_its_source_and_the_tags_of_its_costs(deployed: Deployment, built: str) -> None:
    task = _task_of(deployed, built)
    (container,) = task["overrides"]["containerOverrides"]
    assert (task["overrides"]["cpu"], task["overrides"]["memory"]) == ("2048", "8192")
    assert (container["cpu"], container["memory"]) == (2048, 8192)
    assert task["capacityProviderName"] == "FARGATE_SPOT"
    tags = _tags(task)
    assert (tags["project"], tags["stage"], tags["lorechat/source"]) == ("lorechat", "prod", "large")


def test_what_starts_it_fits_into_what_ecs_takes(deployed: Deployment, built: str) -> None:
    """8192 characters: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_TaskOverride.html"""
    assert len(json.dumps(_task_of(deployed, built)["overrides"])) < 6000


def test_its_task_is_a_copy_of_the_daemons_with_the_image_of_the_code_location(
    deployed: Deployment, built: str
) -> None:
    run = deployed.definition(_task_of(deployed, built)["taskDefinitionArn"])
    daemon = deployed.definition(deployed.daemon_task)
    (container,) = run["containerDefinitions"]
    (copied,) = (each for each in daemon["containerDefinitions"] if each["name"] == "daemon")
    assert run["family"].startswith("lorechat-prod_")
    assert (run["taskRoleArn"], run["executionRoleArn"]) == (daemon["taskRoleArn"], daemon["executionRoleArn"])
    assert run["volumes"] == daemon["volumes"]
    for kept in ("readonlyRootFilesystem", "mountPoints", "secrets", "logConfiguration", "stopTimeout"):
        assert container[kept] == copied[kept], kept
    assert container["image"] == copied["image"]
    assert not container.get("dependsOn")


def test_its_output_lies_in_the_bucket_and_its_events_in_postgresql(deployed: Deployment, built: str) -> None:
    keys = deployed.keys(f"runs/storage/{built}/compute_logs/")
    assert keys
    with psycopg.connect(deployed.database) as connection:
        found = connection.execute("SELECT count(*) FROM event_logs WHERE run_id = %s", (built,)).fetchone()
    assert found is not None
    assert found[0] > 50


def test_a_run_that_spot_takes_back_goes_on_on_demand(deployed: Deployment, small_site: Any) -> None:
    _add(deployed, small_site.source("interrupted"))
    small_site.weather = lambda path: small_site.how(delay=1.5)
    first = deployed.dagster.launch("interrupted", "build_source")
    deployed.dagster.wait("crawl", lambda: small_site.answered.total() >= 2, 400)
    task = _task_of(deployed, first)
    assert task["capacityProviderName"] == "FARGATE_SPOT"
    deployed.agent.warn(task["taskArn"])
    # The crawl stores what it has. Dagster begins the stage anew, and does not get far.
    deployed.dagster.wait("last words", lambda: "was stopped" in deployed.agent.printed(task["taskArn"]))
    deployed.agent.kill(task["taskArn"])
    small_site.weather = lambda path: None
    deployed.dagster.wait("second run", lambda: len(deployed.builds("interrupted")) == 2, 400)
    deployed.wait_for_end("interrupted")
    runs = deployed.builds("interrupted")
    assert "exit code 137" in deployed.why(first)
    assert [run["status"] for run in runs] == ["FAILURE", "SUCCESS"]
    assert _task_of(deployed, runs[1]["runId"])["capacityProviderName"] == "FARGATE"
    live = deployed.dagster.settings.store().live("interrupted")
    assert live is not None
    assert live.pages == 7


def test_a_size_that_nobody_has_fails_the_run_and_says_so(deployed: Deployment, small_site: Any) -> None:
    _add(deployed, small_site.source("giant"))
    deployed.dagster.launch("giant", "build_source", tags={"ecs/memory": "999999", "dagster/max_retries": "0"})
    deployed.wait_for_end("giant")
    (run,) = deployed.builds("giant")
    assert run["status"] == "FAILURE"
    assert "no task is as large as" in deployed.why(run["runId"])


def test_the_database_was_prepared_and_pools_have_their_limits(deployed: Deployment) -> None:
    with deployed.instance() as instance:
        pools = instance.event_log_storage.get_pool_limits()
        instance.upgrade()  # nothing is left to do
    assert {pool.name: pool.limit for pool in pools if not pool.from_default} == LIMITS


def test_the_webserver_may_not_start_tasks(deployed: Deployment) -> None:
    ecs = deployed.account.client("ecs", deployed.roles["webserver"])
    with pytest.raises(ClientError, match="AccessDenied"):
        ecs.run_task(cluster=deployed.cluster, taskDefinition=deployed.daemon_task)


def test_the_daemon_may_not_touch_tasks_of_other_clusters(deployed: Deployment) -> None:
    ecs = deployed.account.client("ecs", deployed.roles["daemon"])
    with pytest.raises(ClientError, match="AccessDenied"):
        ecs.run_task(cluster="elsewhere", taskDefinition=deployed.daemon_task)
