"""What Dagster's tasks are told and allowed in AWS."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.infra.conftest import Stage

pytestmark = pytest.mark.slow

FILES = Path(__file__).resolve().parent.parent.parent / "infra" / "dagster" / "aws"


def _task(stage: Stage, name: str) -> dict[str, Any]:
    tasks = stage.resources("data", "AWS::ECS::TaskDefinition").values()
    (task,) = (task for task in tasks if name in {container["Name"] for container in task["ContainerDefinitions"]})
    return task


def _container(stage: Stage, name: str) -> dict[str, Any]:
    (container,) = (one for one in _task(stage, name)["ContainerDefinitions"] if one["Name"] == name)
    return container


def _rights(stage: Stage, name: str) -> dict[str, list[dict[str, Any]]]:
    """The statements of a task's role, by action."""
    role = _task(stage, name)["TaskRoleArn"]["Fn::GetAtt"][0]
    found: dict[str, list[dict[str, Any]]] = {}
    for policy in stage.resources("data", "AWS::IAM::Policy").values():
        if {"Ref": role} in policy["Roles"]:
            for statement in policy["PolicyDocument"]["Statement"]:
                actions = statement["Action"]
                for action in [actions] if isinstance(actions, str) else actions:
                    found.setdefault(action, []).append(statement)
    return found


def _asked(value: Any) -> set[str]:
    """The variables that an instance file reads."""
    if isinstance(value, dict):
        return {value["env"]} if set(value) == {"env"} else set().union(*map(_asked, value.values()))
    return set().union(*map(_asked, value)) if isinstance(value, list) else set()


@pytest.mark.parametrize("name", ["webserver", "daemon", "code", "prepare"])
def test_every_variable_of_the_instance_files_is_given(stage: Stage, name: str) -> None:
    container = _container(stage, name)
    given = {variable["Name"] for variable in (*container["Environment"], *container["Secrets"])}
    for file in ("dagster.yaml", "workspace.yaml"):
        assert _asked(yaml.safe_load((FILES / file).read_text())) <= given


def test_the_code_location_names_the_image_in_which_its_runs_start(stage: Stage) -> None:
    container = _container(stage, "code")
    (named,) = (v["Value"] for v in container["Environment"] if v["Name"] == "DAGSTER_CURRENT_IMAGE")
    assert named == container["Image"]


def test_the_daemon_starts_once_the_database_fits_its_version(stage: Stage) -> None:
    assert _container(stage, "daemon")["DependsOn"] == [{"Condition": "SUCCESS", "ContainerName": "prepare"}]
    assert _container(stage, "prepare")["Essential"] is False
    services = stage.templates["data"]["Resources"]
    names = {
        service["Properties"]["ServiceRegistries"][0]["RegistryArn"]["Fn::GetAtt"][0]: service["DependsOn"]
        for service in services.values()
        if service["Type"] == "AWS::ECS::Service"
    }
    (waiting,) = (needed for name, needed in names.items() if "Webserver" in name)
    assert any("DaemonService" in needed for needed in waiting)


def test_only_the_daemon_starts_tasks_and_only_those_of_its_stage(stage: Stage) -> None:
    for name in ("webserver", "code"):
        assert not {"ecs:RunTask", "iam:PassRole", "lambda:InvokeFunction"} & set(_rights(stage, name))
    rights = _rights(stage, "daemon")
    (start,) = rights["ecs:RunTask"]
    assert list(start["Condition"]["ArnEquals"]) == ["ecs:cluster"]
    runs, worker = start["Resource"]
    assert runs["Fn::Join"][1][-1].endswith(f":task-definition/lorechat-{stage.name}_*")
    assert "Worker" in worker["Ref"]
    (tag,) = rights["ecs:TagResource"]
    assert tag["Condition"] == {"StringEquals": {"ecs:CreateAction": "RunTask"}}
    (passed,) = rights["iam:PassRole"]
    assert passed["Condition"] == {"StringEquals": {"iam:PassedToService": "ecs-tasks.amazonaws.com"}}
    assert len(passed["Resource"]) == 4


def test_a_person_ends_runs_in_the_webservers_pages(stage: Stage) -> None:
    (stop,) = _rights(stage, "webserver")["ecs:StopTask"]
    assert stop["Resource"]["Fn::Join"][1][-1] == "/*"
