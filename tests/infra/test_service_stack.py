from __future__ import annotations

import json
from typing import Any

import pytest

from tests.infra.conftest import Stage

pytestmark = pytest.mark.slow


def _chat(stage: Stage) -> dict[str, Any]:
    containers = stage.only("service", "AWS::ECS::TaskDefinition")["ContainerDefinitions"]
    (chat,) = (container for container in containers if container["Name"] == "chat")
    return chat


def _values(container: dict[str, Any]) -> dict[str, Any]:
    return {pair["Name"]: pair["Value"] for pair in container["Environment"]}


def test_a_failed_deployment_rolls_back_and_a_first_one_without_an_index_does_not_fail(stage: Stage) -> None:
    service = stage.only("service", "AWS::ECS::Service")
    assert service["DeploymentConfiguration"]["DeploymentCircuitBreaker"] == {"Enable": True, "Rollback": True}
    assert stage.only("service", "AWS::ElasticLoadBalancingV2::TargetGroup")["HealthCheckPath"] == "/health/live"
    assert "/health/live" in json.dumps(_chat(stage)["HealthCheck"])


def test_prod_keeps_a_task_off_spot_and_lets_nobody_into_tasks(stage: Stage) -> None:
    service = stage.only("service", "AWS::ECS::Service")
    on_demand, spot = service["CapacityProviderStrategy"]
    assert (spot["CapacityProvider"], spot["Weight"]) == ("FARGATE_SPOT", 1)
    assert on_demand.get("Base", 0) == (1 if stage.name == "prod" else 0)
    assert service["EnableExecuteCommand"] is (stage.name != "prod")


def test_tasks_carry_the_tags_that_budgets_read(stage: Stage) -> None:
    service = stage.only("service", "AWS::ECS::Service")
    assert service["PropagateTags"] == "SERVICE"
    tags = {tag["Key"]: tag["Value"] for tag in service["Tags"]}
    assert tags == {"project": "lorechat", "stage": stage.name}


def test_the_chat_grows_with_load_and_shrinks_again(prod: Stage) -> None:
    range_ = prod.only("service", "AWS::ApplicationAutoScaling::ScalableTarget")
    assert (range_["MinCapacity"], range_["MaxCapacity"]) == (1, 4)
    policies = prod.resources("service", "AWS::ApplicationAutoScaling::ScalingPolicy").values()
    # A deployment under load must not go back to one task.
    assert "DesiredCount" not in prod.only("service", "AWS::ECS::Service")
    targets = {}
    for policy in policies:
        followed = policy["TargetTrackingScalingPolicyConfiguration"]
        assert (followed["ScaleInCooldown"], followed["ScaleOutCooldown"]) == (60, 30)
        targets[followed["PredefinedMetricSpecification"]["PredefinedMetricType"]] = followed["TargetValue"]
    assert targets == {"ECSServiceAverageCPUUtilization": 70, "ALBRequestCountPerTarget": 6000}


def test_a_browser_stays_with_its_task_and_a_leaving_task_is_drained(stage: Stage) -> None:
    group = stage.only("service", "AWS::ElasticLoadBalancingV2::TargetGroup")
    attributes = {pair["Key"]: pair["Value"] for pair in group["TargetGroupAttributes"]}
    assert attributes["stickiness.enabled"] == "true"
    assert attributes["deregistration_delay.timeout_seconds"] == "120"
    drain = float(_values(_chat(stage))["LORECHAT_DRAIN_SECONDS"])
    assert drain < _chat(stage)["StopTimeout"] <= 120


def test_the_chats_file_system_cannot_be_written_but_for_its_volumes(stage: Stage) -> None:
    chat = _chat(stage)
    assert chat["ReadonlyRootFilesystem"] is True
    # The agent that opens shells writes as well; prod has neither.
    shells = set() if stage.name == "prod" else {"/var/lib/amazon", "/var/log/amazon"}
    assert {mount["ContainerPath"] for mount in chat["MountPoints"]} == {"/state", "/tmp", *shells}


def test_wherever_people_may_open_shells_the_agent_of_shells_can_write(stage: Stage) -> None:
    for stack in ("service", "data"):
        tasks = stage.resources(stack, "AWS::ECS::TaskDefinition")
        for service in stage.resources(stack, "AWS::ECS::Service").values():
            containers = tasks[service["TaskDefinition"]["Ref"]]["ContainerDefinitions"]
            paths = {mount["ContainerPath"] for one in containers for mount in one.get("MountPoints", [])}
            assert ({"/var/lib/amazon", "/var/log/amazon"} <= paths) is service["EnableExecuteCommand"]


def test_no_secret_stands_in_a_template(stage: Stage) -> None:
    chat = _chat(stage)
    secret = {entry["Name"] for entry in chat["Secrets"]}
    assert secret >= {"LORECHAT_AUTH_SECRET", "PGPASSWORD", "UPSTASH_VECTOR_REST_TOKEN"}
    assert ("OPENAI_API_KEY" in secret) is (stage.name == "prod")
    assert not secret & set(_values(chat))


def test_every_variable_of_the_chat_is_one_that_it_reads(stage: Stage) -> None:
    """Its names are checked against the settings, which a stack may not import."""
    from chat_app.settings import ChatSettings

    known = {"OTEL_EXPORTER_OTLP_ENDPOINT", "PGHOST", "PGPORT", "PGDATABASE", "PGSSLMODE", "PGUSER", "PGPASSWORD"}
    for name, field in ChatSettings.model_fields.items():
        choices = getattr(field.validation_alias, "choices", [])
        known |= {f"LORECHAT_{name.upper()}", *(str(choice) for choice in choices)}
    set_ = {*_values(_chat(stage)), *(entry["Name"] for entry in _chat(stage)["Secrets"])}
    assert set_ <= known


def test_the_chat_asks_only_the_models_that_are_configured(stage: Stage) -> None:
    statements = [
        statement
        for policy in stage.resources("service", "AWS::IAM::Policy").values()
        for statement in policy["PolicyDocument"]["Statement"]
        if "bedrock" in json.dumps(statement["Action"])
    ]
    resources = [statement["Resource"] for statement in statements]
    expected = ["arn:aws:bedrock:us-east-1::foundation-model/deepseek.v3.2"] if stage.name == "prod" else []
    assert resources == expected


def test_the_chat_writes_into_the_tables_that_are_its_own_alone(prod: Stage) -> None:
    """Their names are checked against the contracts, which a stack may not import."""
    from data_contracts.chat_turn import CHAT_TURNS, FEEDBACK
    from data_contracts.golden_candidate import GOLDEN_DECISIONS
    from data_contracts.quarantine import QUARANTINE

    written = set()
    for policy in prod.resources("service", "AWS::IAM::Policy").values():
        for statement in policy["PolicyDocument"]["Statement"]:
            if "s3:PutObject" in statement["Action"]:
                written.add(statement["Resource"]["Fn::Join"][1][-1])
    tables = (CHAT_TURNS, FEEDBACK, GOLDEN_DECISIONS, QUARANTINE)
    assert written == {f"/lake/{table.name}/*" for table in tables}
