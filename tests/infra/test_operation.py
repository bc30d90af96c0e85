"""What operators do to a stage, in an account on loopback whose stacks hold what a stage's hold, by the same names."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from infra.config.stage_config import read_stage
from infra.operation.one_task import OneTask
from infra.operation.redrive import redrive, waiting
from infra.operation.restart import restart
from infra.operation.secret import Secrets
from infra.operation.stage_part import OperationError, StageParts
from tests.infra.conftest import Stage
from tests.infra.small_stage import DATABASE, KEYS, STACKS
from tests.ministack import ROOT, Ministack, allow, ministack_server

pytestmark = pytest.mark.slow

_FUNCTION = """
import boto3, json, os
def handler(event, context):
    boto3.client("s3").put_object(Bucket="seen", Key=event["Records"][0]["key"], Body=json.dumps(event))
"""


@pytest.fixture(scope="module")
def account() -> Iterator[Ministack]:
    """An account with a stage dev."""
    with ministack_server() as server:
        cloudformation = server.client("cloudformation")
        for stack, resources in STACKS.items():
            name = f"lorechat-dev-{stack}"
            cloudformation.create_stack(StackName=name, TemplateBody=json.dumps({"Resources": resources}))
            cloudformation.get_waiter("stack_create_complete").wait(StackName=name, WaiterConfig={"Delay": 1})
        server.client("secretsmanager").create_secret(Name="lorechat/dev/keys", SecretString=json.dumps(KEYS))
        yield server


@pytest.fixture(scope="module")
def parts(account: Ministack) -> StageParts:
    return StageParts(read_stage("dev"), cache(account.client))


def test_a_stage_has_what_the_commands_look_for_under_these_names(prod: Stage) -> None:
    def named(stack: str, kind: str, beginning: str) -> int:
        return sum(name.startswith(beginning) for name in prod.resources(stack, kind))

    assert named("edge", "AWS::SecretsManager::Secret", "OriginSecret") == 1
    assert named("service", "AWS::SecretsManager::Secret", "AuthSecret") == 1
    assert named("data", "AWS::SQS::Queue", "PagesDead") == 1
    assert named("data", "AWS::Lambda::Function", "PagesFunction") == 1
    for database in ("ChatDatabase", "DagsterDatabase"):
        assert named("data", "AWS::RDS::DBInstance", database) == 1
        assert named("data", "AWS::SecretsManager::Secret", f"lorechatproddata{database}") == 1
    for stack, container in (("service", "chat"), ("data", "code")):
        tasks = prod.resources(stack, "AWS::ECS::TaskDefinition").values()
        names = [one["Name"] for task in tasks for one in task["ContainerDefinitions"]]
        assert names.count(container) == 1


def test_a_key_is_replaced_and_the_others_stay(account: Ministack, parts: StageParts) -> None:
    command = [sys.executable, "-m", "infra.operation", "dev", "key", "upstash_token"]
    environment = account.environment() | {"PATH": "/usr/bin:/bin"}
    done = subprocess.run(
        command, cwd=ROOT, env=environment, input="new\n", capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stderr
    assert "new" not in done.stdout
    held = parts.clients("secretsmanager").get_secret_value(SecretId="lorechat/dev/keys")["SecretString"]
    assert json.loads(held) == {**KEYS, "upstash_token": "new"}
    with pytest.raises(OperationError, match="needs no openai_key; it needs upstash_url, upstash_token"):
        Secrets(parts).operators("openai_key", "new")
    with pytest.raises(OperationError, match="empty"):
        Secrets(parts).operators("upstash_token", "")


def test_a_database_and_its_secret_get_the_same_new_password(parts: StageParts) -> None:
    Secrets(parts).database("chat-database")
    arn = parts.only("data", "AWS::SecretsManager::Secret", DATABASE)
    held = json.loads(parts.clients("secretsmanager").get_secret_value(SecretId=arn)["SecretString"])
    assert len(held.pop("password")) == 40
    assert held == {"username": "lorechat", "host": "db"}


def test_when_the_database_refuses_the_secret_stays_what_it_was(account: Ministack) -> None:
    """Whoever may write secrets and not change databases."""
    clerk = account.user_with(allow("cloudformation:*", "secretsmanager:*"))
    parts = StageParts(read_stage("dev"), lambda service: account.client(service, clerk))
    arn = parts.only("data", "AWS::SecretsManager::Secret", DATABASE)
    manager = account.client("secretsmanager")
    before = manager.get_secret_value(SecretId=arn)["SecretString"]
    with pytest.raises(Exception, match="AccessDenied"):
        Secrets(parts).database("chat-database")
    assert manager.get_secret_value(SecretId=arn)["SecretString"] == before


def test_a_new_origin_header_is_used_by_nobody_before_it_is_deployed(parts: StageParts) -> None:
    first, new = Secrets(parts).origin()
    arn = parts.only("edge", "AWS::SecretsManager::Secret", "OriginSecret")
    manager = parts.clients("secretsmanager")
    assert manager.get_secret_value(SecretId=arn)["SecretString"] == "header"
    assert manager.get_secret_value(SecretId=arn, VersionId=first)["SecretString"] == "header"
    assert len(manager.get_secret_value(SecretId=arn, VersionId=new)["SecretString"]) == 48


def test_cloudfront_sends_the_first_version_and_the_balancer_admits_all(tmp_path: Path) -> None:
    from infra.app import build_app

    config = read_stage("dev").model_copy(update={"origin_versions": ("NEW", "OLD")})
    stacks = {stack.stack_name: stack.template for stack in build_app(config, tmp_path).synth().stacks}

    def of(stack: str, kind: str) -> str:
        resources = stacks[f"lorechat-dev-{stack}"]["Resources"].values()
        return json.dumps([resource for resource in resources if resource["Type"] == kind])

    sent = of("edge", "AWS::CloudFront::Distribution")
    admitted = of("service", "AWS::ElasticLoadBalancingV2::ListenerRule")
    assert (":SecretString:::NEW" in sent, ":SecretString:::OLD" in sent) == (True, False)
    assert (":SecretString:::NEW" in admitted, ":SecretString:::OLD" in admitted) == (True, True)


def test_a_new_signature_of_sessions_is_another_one(parts: StageParts) -> None:
    Secrets(parts).sessions()
    arn = parts.only("service", "AWS::SecretsManager::Secret", "AuthSecret")
    assert parts.clients("secretsmanager").get_secret_value(SecretId=arn)["SecretString"] != "signature"


def test_services_are_restarted_by_their_stack(parts: StageParts) -> None:
    chat, dagster = restart(parts, "chat"), restart(parts, "dagster")
    assert (len(chat), len(dagster)) == (1, 1)
    assert restart(parts, "all") == [*chat, *dagster]


def test_a_stage_that_is_not_there_is_said(account: Ministack) -> None:
    with pytest.raises(OperationError, match="is staging there"):
        restart(StageParts(read_stage("staging"), account.client), "all")


def test_a_command_runs_beside_the_service_and_its_output_is_shown(parts: StageParts) -> None:
    """Nothing runs tasks in this account: the test does what ECS does."""
    ecs, logs, said = parts.clients("ecs"), parts.clients("logs"), list[str]()
    logs.create_log_group(logGroupName="/lines")
    asked: dict[str, Any] = {}

    def serve(_: float) -> None:
        if asked:
            return
        (cluster,) = {arn.split("/")[-2] for arn in parts.of("service", "AWS::ECS::Service")}
        (arn,) = ecs.list_tasks(cluster=cluster)["taskArns"]
        (task,) = ecs.describe_tasks(cluster=cluster, tasks=[arn])["tasks"]
        asked.update(task["overrides"]["containerOverrides"][0])
        stream = f"chat/chat/{arn.rpartition('/')[2]}"
        logs.create_log_stream(logGroupName="/lines", logStreamName=stream)
        lines = [{"timestamp": 1_700_000_000_000 + at, "message": f"line {at}"} for at in range(3)]
        logs.put_log_events(logGroupName="/lines", logStreamName=stream, logEvents=lines)
        ecs.stop_task(cluster=cluster, task=arn, reason="no capacity")

    task = OneTask(parts, said.append, wait=serve)
    assert task.run("chat", ["lorechat", "keys", "list"]) == 0
    assert asked["command"] == ["lorechat", "keys", "list"]
    # Neither the chat's role nor that of the code location may start workers.
    assert asked["environment"] == [{"name": "LORECHAT_WORKER_PLACE", "value": "local"}]
    assert said[1:] == ["line 0", "line 1", "line 2"]


def test_events_that_failed_for_good_are_given_to_the_function_once_more(account: Ministack, parts: StageParts) -> None:
    account.client("s3").create_bucket(Bucket="seen")
    role = account.role_with({"Effect": "Allow", "Action": "s3:PutObject", "Resource": "arn:aws:s3:::seen/*"})
    template = {
        "Resources": {
            "PagesDead1F5CF960": {"Type": "AWS::SQS::Queue"},
            "PagesFunction85F206D0": {
                "Type": "AWS::Lambda::Function",
                "Properties": {
                    "FunctionName": "pages-of-staging",
                    "Runtime": "python3.12",
                    "Role": role.arn,
                    "Handler": "index.handler",
                    "Code": {"ZipFile": _FUNCTION},
                },
            },
        }
    }
    cloudformation = account.client("cloudformation")
    cloudformation.create_stack(StackName="lorechat-staging-data", TemplateBody=json.dumps(template))
    cloudformation.get_waiter("stack_create_complete").wait(
        StackName="lorechat-staging-data", WaiterConfig={"Delay": 1}
    )
    staging, said = StageParts(read_stage("staging"), cache(account.client)), list[str]()
    queue = staging.only("data", "AWS::SQS::Queue")
    for key in ("a", "b"):
        record = {"requestContext": {"condition": "RetriesExhausted"}, "requestPayload": {"Records": [{"key": key}]}}
        account.client("sqs").send_message(QueueUrl=queue, MessageBody=json.dumps(record))
    account.client("sqs").send_message(QueueUrl=queue, MessageBody="no event")
    assert waiting(staging) == 3
    assert redrive(staging, said.append) == 2
    assert "holds no event" in said[0]
    seen = account.client("s3")
    done = threading.Event()
    for _ in range(600):
        if seen.list_objects_v2(Bucket="seen").get("KeyCount", 0) == 2:
            break
        done.wait(0.2)
    assert [found["Key"] for found in seen.list_objects_v2(Bucket="seen")["Contents"]] == ["a", "b"]
