"""The stage dev, really deployed by the cdk command: into an account on loopback, with the departures that
`stand_in/departure.py` lists. What stands there is asked of the account, not read from templates."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeVar

import pytest
from botocore.exceptions import ClientError

from infra.smoke.visit import Visit
from tests.conftest import ChangingSite, topic_page
from tests.infra.stand_in.assembly import adapt, is_left_out
from tests.infra.stand_in.departure import UNKNOWN, is_image_function, is_labelled_alarm
from tests.infra.stand_in.deployed import Deployed
from tests.infra.stand_in.role import Call, attempts, call_as, reading, twin_of, writing
from tests.infra.written_stage import Stage

pytestmark = pytest.mark.slow

T = TypeVar("T")


def test_nothing_is_changed_but_what_is_listed(dev: Stage) -> None:
    for template in dev.templates.values():
        resources, adapted = template["Resources"], adapt(template)["Resources"]
        gone = {name for name, resource in resources.items() if is_left_out(resource)}
        assert set(adapted) == set(resources) - gone
        for name in adapted:
            if not is_image_function(resources[name]) and not is_labelled_alarm(resources[name]):
                assert _undone(adapted[name], resources[name], gone) == resources[name]


def _undone(kept: Any, original: Any, gone: set[str]) -> Any:
    """Return `kept` with the original's references to what is gone, and nothing else of the original."""
    if isinstance(original, dict) and isinstance(kept, dict):
        undone = {name: _undone(kept[name], original.get(name), gone) for name in kept}
        waits = original.get("DependsOn", [])
        if undone.get("DependsOn", []) == [name for name in waits if name not in list(gone)]:
            undone |= {"DependsOn": waits} if waits else {}
        return undone
    if isinstance(original, list) and isinstance(kept, list) and len(original) == len(kept):
        return [_undone(*pair, gone) for pair in zip(kept, original, strict=True)]
    refers = original in ({"Ref": kept}, {"Fn::GetAtt": [kept, "Arn"]})
    return original if refers and kept in gone else kept


def test_every_kind_that_is_left_out_is_unknown_to_the_account_and_used_by_a_stage(
    dev: Stage, deployed: Deployed
) -> None:
    resources = [resource for template in dev.templates.values() for resource in template["Resources"].values()]
    assert {resource["Type"] for resource in resources if resource["Type"] in UNKNOWN} == set(UNKNOWN)
    template = {"Resources": {f"Unknown{place}": {"Type": kind} for place, kind in enumerate(UNKNOWN)}}
    with pytest.raises(ClientError, match="Unrecognized resource types") as refused:
        deployed.account.client("cloudformation").create_stack(StackName="unknown", TemplateBody=json.dumps(template))
    for kind in UNKNOWN:
        assert kind in str(refused.value)


def test_all_stacks_stand(deployed: Deployed) -> None:
    stacks = deployed.account.client("cloudformation").describe_stacks()["Stacks"]
    assert {stack["StackName"]: stack["StackStatus"] for stack in stacks} == dict.fromkeys(
        ["CDKToolkit", *(f"lorechat-dev-{name}" for name in ("edge", "data", "service", "monitoring"))],
        "CREATE_COMPLETE",
    )


def test_buckets_are_versioned_encrypted_closed_and_reached_by_tls_alone(deployed: Deployed) -> None:
    s3, own = deployed.account.client("s3"), ("edge", "data")
    buckets = [name for stack in own for name in deployed.resources(stack, "AWS::S3::Bucket")]
    assert len(buckets) == 4
    for bucket in buckets:
        assert s3.get_bucket_versioning(Bucket=bucket)["Status"] == "Enabled"
        (rule,) = s3.get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"]["Rules"]
        assert rule["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"] == "AES256"
        closed = s3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"]
        assert len(closed) == 4
        assert all(closed.values())
        policy = json.loads(s3.get_bucket_policy(Bucket=bucket)["Policy"])
        denied = [statement["Condition"] for statement in policy["Statement"] if statement["Effect"] == "Deny"]
        assert {"Bool": {"aws:SecureTransport": "false"}} in denied


def test_the_balancer_the_edge_and_the_firewall_stand(deployed: Deployed) -> None:
    client = deployed.account.client
    (balancer,) = deployed.resources("edge", "AWS::ElasticLoadBalancingV2::LoadBalancer")
    (found,) = client("elbv2").describe_load_balancers(LoadBalancerArns=[balancer])["LoadBalancers"]
    assert found["Scheme"] == "internet-facing"
    (distribution,) = deployed.resources("edge", "AWS::CloudFront::Distribution")
    settings = client("cloudfront").get_distribution_config(Id=distribution)["DistributionConfig"]
    assert settings["WebACLId"].startswith("arn:aws:wafv2:")
    assert settings["DefaultCacheBehavior"]["ViewerProtocolPolicy"] == "redirect-to-https"


def test_every_service_runs_a_task_that_cannot_write_its_own_files(deployed: Deployed) -> None:
    ecs, seen = deployed.account.client("ecs"), set()
    for stack in ("data", "service"):
        for arn in deployed.resources(stack, "AWS::ECS::TaskDefinition"):
            task = ecs.describe_task_definition(taskDefinition=arn)["taskDefinition"]
            assert task["networkMode"] == "awsvpc"
            assert all(container["readonlyRootFilesystem"] for container in task["containerDefinitions"])
        (cluster,) = deployed.resources(stack, "AWS::ECS::Cluster")
        names = [arn.rpartition("/")[2] for arn in deployed.resources(stack, "AWS::ECS::Service")]
        for service in ecs.describe_services(cluster=cluster, services=names)["services"]:
            assert (service["status"], service["desiredCount"]) == ("ACTIVE", 1)
            task = ecs.describe_task_definition(taskDefinition=service["taskDefinition"])["taskDefinition"]
            seen |= {container["name"] for container in task["containerDefinitions"]}
    assert seen >= {"chat", "code", "webserver", "daemon"}


def test_alarms_and_the_dashboard_stand(deployed: Deployed) -> None:
    cloudwatch = deployed.account.client("cloudwatch")
    wanted = {name for stack in ("data", "monitoring") for name in deployed.resources(stack, "AWS::CloudWatch::Alarm")}
    pages = cloudwatch.get_paginator("describe_alarms").paginate()
    assert {alarm["AlarmName"] for page in pages for alarm in page["MetricAlarms"]} == wanted
    assert len(wanted) > 5
    (dashboard,) = deployed.resources("monitoring", "AWS::CloudWatch::Dashboard")
    assert json.loads(cloudwatch.get_dashboard(DashboardName=dashboard)["DashboardBody"])["widgets"]


def test_the_smoke_test_sees_a_dropped_pages_chunks_and_leaves_nothing(
    deployed: Deployed, make_site: Callable[..., ChangingSite], visit: Visit
) -> None:
    chat = make_site({"/health/ready": "{}"})
    said = deployed.cdk.run([sys.executable, "-m", "infra.smoke", "dev", "--address", chat.url])
    assert "chunks in the lake: 1, embedded: 1" in said
    assert said.endswith("the chat: fine\n")
    (name,) = {line.partition(":")[0] for line in said.splitlines() if line.startswith("smoke-")}
    assert replace(visit, name=name).left() == []


def test_a_page_that_is_dropped_twice_is_cut_and_embedded_once(visit: Visit) -> None:
    visit.drop()
    once = _wait_for(lambda: visit.rows("embeddings", "text_hash"))
    visit.drop_page()
    _wait_for(lambda: len(visit.documents()) == 2)  # the second drop was done as well
    assert len(visit.rows("page_versions", "page_version_id")) == 1
    assert len(visit.rows("chunks", "chunk_id")) == 1
    assert visit.rows("embeddings", "text_hash") == once


def test_what_cannot_be_read_is_reported_and_keeps_nothing_else_from_being_done(
    deployed: Deployed, visit: Visit
) -> None:
    good = {"url": "https://list.example.com/a", "html": topic_page("glaciers")}
    lines = f"{json.dumps(good)}\nthis is no JSON\n"
    source, s3 = visit.place.source, deployed.account.client("s3")
    s3.put_object(Bucket=source, Key=f"incoming/{visit.name}/pages.jsonl", Body=lines.encode())
    (report,) = _wait_for(lambda: [key for key in visit.left() if key.endswith(".failures.jsonl")])
    (failure,) = s3.get_object(Bucket=source, Key=report)["Body"].read().decode().splitlines()
    assert json.loads(failure)["line"] == 2
    (written,) = (key for key in visit.left() if key.startswith("processed/") and key != report)
    assert "glaciers" in s3.get_object(Bucket=source, Key=written)["Body"].read().decode()


def test_an_event_that_fails_three_times_waits_in_the_queue(deployed: Deployed, visit: Visit) -> None:
    functions, queues = deployed.account.client("lambda"), deployed.account.client("sqs")
    event = json.dumps({"nobody": "knows this"}).encode()
    functions.invoke(FunctionName=deployed.function, InvocationType="Event", Payload=event)
    queue = queues.get_queue_url(QueueName=visit.place.failures)["QueueUrl"]
    (message,) = _wait_for(lambda: queues.receive_message(QueueUrl=queue).get("Messages", []))
    told = json.loads(message["Body"])
    assert told["requestPayload"] == {"nobody": "knows this"}
    assert told["requestContext"]["approximateInvokeCount"] == 3


def test_the_chat_reads_the_lake_and_writes_only_what_people_said(deployed: Deployed) -> None:
    place, ecs = deployed.place, deployed.account.client("ecs")
    (arn,) = deployed.resources("service", "AWS::ECS::TaskDefinition")
    role = ecs.describe_task_definition(taskDefinition=arn)["taskDefinition"]["taskRoleArn"]
    deployed.account.client("s3").put_object(Bucket=place.lake, Key="lake/documents/probe", Body=b"probe")
    said = attempts(
        deployed.account,
        twin_of(deployed.account, role),
        [
            reading(place.lake, "lake/documents/probe"),
            writing(place.lake, "lake/chat_turns/probe"),
            writing(place.lake, "lake/documents/probe"),
            writing(place.lake, "probe"),
            reading(place.source, "incoming/page.html"),
            ("s3", "delete_object", {"Bucket": place.lake, "Key": "lake/chat_turns/probe"}),
            ("secretsmanager", "get_secret_value", {"SecretId": "lorechat/dev/keys"}),
            ("ecs", "list_clusters", {}),
        ],
    )
    assert said[:2] == ["fine", "fine"]
    assert all("AccessDenied" in code for code in said[2:]), said


def test_the_functions_role_reaches_what_it_needs_and_nothing_else(deployed: Deployed, visit: Visit) -> None:
    s3, place = deployed.account.client("s3"), visit.place
    (run_logs,) = (name for name in deployed.resources("data", "AWS::S3::Bucket") if "runlogs" in name)
    for bucket in (place.source, place.lake, run_logs):
        for key in ("incoming/probe.txt", "other/probe.txt", "lake/probe.txt", "runs/probe.txt"):
            s3.put_object(Bucket=bucket, Key=key, Body=b"probe")

    allowed: list[Call] = [
        reading(place.source, "incoming/probe.txt"),
        writing(place.source, "processed/probe.txt"),
        reading(place.lake, "lake/probe.txt"),
        writing(place.lake, "lake/probe.txt"),
    ]
    refused: list[Call] = [
        reading(place.source, "other/probe.txt"),
        writing(place.source, "incoming/probe.txt"),
        reading(place.lake, "other/probe.txt"),
        writing(place.lake, "other/probe.txt"),
        reading(run_logs, "runs/probe.txt"),
        ("s3", "delete_object", {"Bucket": place.source, "Key": "incoming/probe.txt"}),
        ("s3", "list_buckets", {}),
        ("s3", "put_bucket_policy", {"Bucket": place.source, "Policy": "{}"}),
        ("secretsmanager", "get_secret_value", {"SecretId": "lorechat/dev/keys"}),
        ("dynamodb", "list_tables", {}),
        ("iam", "list_roles", {}),
        ("lambda", "list_functions", {}),
    ]
    functions = deployed.account.client("lambda")
    role = functions.get_function_configuration(FunctionName=deployed.function)["Role"]
    said = call_as(deployed.account, role, [*allowed, *refused])
    assert said[: len(allowed)] == ["fine"] * len(allowed)
    assert all("AccessDenied" in code for code in said[len(allowed) :]), said


def test_a_stage_can_be_taken_away_and_deployed_again(deployed: Deployed) -> None:
    remove = [sys.executable, "-m", "infra.removal", "dev", "--", *deployed.cdk.destroying()]
    deployed.cdk.run(remove, typed="dev\n")
    cloudformation = deployed.account.client("cloudformation")
    assert [stack["StackName"] for stack in cloudformation.describe_stacks()["Stacks"]] == ["CDKToolkit"]
    buckets = [bucket["Name"] for bucket in deployed.account.client("s3").list_buckets()["Buckets"]]
    assert not [name for name in buckets if name.startswith("lorechat-dev")]
    assert set(deployed.cdk.deploy()) == set(deployed.outputs)


def _wait_for(ask: Callable[[], T]) -> T:
    deadline = time.monotonic() + 300
    while not (found := ask()):
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.5)
    return found
