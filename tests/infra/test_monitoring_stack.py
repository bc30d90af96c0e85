from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from infra.config.stage_config import read_stage
from infra.parts.collector import TRACES_PORT
from tests.infra.written_stage import Stage

pytestmark = pytest.mark.slow


def test_two_alarms_call_people_and_say_when_it_is_over(stage: Stage) -> None:
    composites = stage.resources("monitoring", "AWS::CloudWatch::CompositeAlarm").values()
    assert len(composites) == 2
    for alarm in composites:
        assert len(alarm["AlarmActions"]) == len(alarm["OKActions"]) == 1
    single = stage.resources("monitoring", "AWS::CloudWatch::Alarm").values()
    assert not any("AlarmActions" in alarm for alarm in single)  # nobody is called twice


def test_every_alarm_of_the_stage_is_part_of_one_that_calls(stage: Stage) -> None:
    rules = json.dumps(
        [a["AlarmRule"] for a in stage.resources("monitoring", "AWS::CloudWatch::CompositeAlarm").values()]
    )
    for stack in ("data", "monitoring"):
        for name in stage.resources(stack, "AWS::CloudWatch::Alarm"):
            assert name in rules, name


def test_a_canary_that_falls_silent_rings(stage: Stage) -> None:
    alarms = stage.resources("monitoring", "AWS::CloudWatch::Alarm").values()
    (answered,) = (alarm for alarm in alarms if "canary_answered" in json.dumps(alarm))
    assert answered["TreatMissingData"] == "breaching"
    assert stage.only("monitoring", "AWS::Events::Rule")["ScheduleExpression"].startswith("rate(")


def test_waiting_is_judged_by_what_people_waited_and_the_pipeline_by_what_it_says(stage: Stage) -> None:
    alarms = stage.resources("monitoring", "AWS::CloudWatch::Alarm").values()
    own = {alarm["MetricName"]: alarm for alarm in alarms if str(alarm.get("Namespace")).startswith("LoreChat/")}
    assert own["first_text_seconds"]["ExtendedStatistic"] == "p95"
    assert {(one["Name"], one["Value"]) for one in own["turns"]["Dimensions"]} == {
        ("stage", stage.name),
        ("outcome", "failed"),
    }
    assert set(own) >= {"runs_failed", "overdue_hours", "oldest_queued_seconds", "quarantined_percent"}
    assert own["queued_runs"]["TreatMissingData"] == "breaching"  # a daemon that is away tells nothing


def test_a_task_that_is_ill_in_one_zone_counts(stage: Stage) -> None:
    alarms = stage.resources("monitoring", "AWS::CloudWatch::Alarm").values()
    (ill,) = (alarm for alarm in alarms if alarm.get("MetricName") == "UnHealthyHostCount")
    assert ill["Statistic"] == "Maximum"  # the average over zones stays below one


def test_the_handbook_says_what_each_alarm_and_graph_is_for(stage: Stage) -> None:
    page = (Path(__file__).parents[2] / "docs" / "monitoring.md").read_text("utf-8")
    for stack in ("data", "monitoring"):
        for name in stage.resources(stack, "AWS::CloudWatch::Alarm"):
            said = re.sub(r"^(Alarms|Pages)|[0-9A-F]{8}$", "", name)
            assert f"`{said}`" in page, said


def test_logs_of_access_are_kept_of_cloudfront_balancers_and_buckets(stage: Stage) -> None:
    logging = stage.only("edge", "AWS::CloudFront::Distribution")["DistributionConfig"]["Logging"]
    assert logging["Prefix"] == "cloudfront/"
    balancers = [
        balancer
        for stack in stage.templates
        for balancer in stage.resources(stack, "AWS::ElasticLoadBalancingV2::LoadBalancer").values()
    ]
    assert balancers
    for balancer in balancers:
        attributes = {pair["Key"]: pair["Value"] for pair in balancer["LoadBalancerAttributes"]}
        assert attributes["access_logs.s3.enabled"] == "true"
    (kept,) = stage.resources("edge", "AWS::S3::Bucket").values()
    assert any("ExpirationInDays" in rule for rule in kept["LifecycleConfiguration"]["Rules"])
    data = stage.resources("data", "AWS::S3::Bucket").values()
    assert data
    assert all("DestinationBucketName" in bucket["LoggingConfiguration"] for bucket in data)


def test_every_log_ends_with_its_time(stage: Stage) -> None:
    days = read_stage(stage.name).watch.log_days
    groups = [group for stack in stage.templates for group in stage.resources(stack, "AWS::Logs::LogGroup").values()]
    assert groups
    assert {group["RetentionInDays"] for group in groups} == {days}


def test_turns_and_the_function_are_traced_by_x_ray(stage: Stage) -> None:
    traced = [
        function
        for function in stage.resources("data", "AWS::Lambda::Function").values()
        if function.get("TracingConfig") == {"Mode": "Active"}
    ]
    assert [function["PackageType"] for function in traced] == ["Image"]
    (task,) = stage.resources("service", "AWS::ECS::TaskDefinition").values()
    chat, collector = (container["Environment"] for container in task["ContainerDefinitions"])
    settings = {pair["Name"]: pair["Value"] for pair in chat}
    assert settings["OTEL_EXPORTER_OTLP_ENDPOINT"] == f"http://127.0.0.1:{TRACES_PORT}"
    # The log group's name is a reference, so its place in the text is one, too.
    text = "".join(piece if isinstance(piece, str) else "group" for piece in collector[0]["Value"]["Fn::Join"][1])
    pipelines = json.loads(text)["service"]["pipelines"]
    assert pipelines["traces"]["exporters"] == ["awsxray"]
    policies = json.dumps(stage.resources("service", "AWS::IAM::Policy"))
    assert "xray:PutTraceSegments" in policies


def test_the_chat_and_the_code_location_write_figures_of_their_stage(stage: Stage) -> None:
    wanted = {"LORECHAT_METRICS": "emf", "LORECHAT_METRICS_STAGE": stage.name}
    writers = set()
    for stack in ("service", "data"):
        for task in stage.resources(stack, "AWS::ECS::TaskDefinition").values():
            for container in task["ContainerDefinitions"]:
                settings = {pair["Name"]: pair["Value"] for pair in container.get("Environment", [])}
                if wanted.items() <= settings.items():
                    writers.add(container["Name"])
                    assert container["LogConfiguration"]["LogDriver"] == "awslogs"
    assert writers >= {"chat", "code"}


def test_people_hear_of_money_before_it_is_gone(stage: Stage) -> None:
    budget = stage.only("monitoring", "AWS::Budgets::Budget")
    assert budget["Budget"]["CostFilters"] == {"TagKeyValue": [f"user:stage${stage.name}"]}
    warnings = {
        (n["Notification"]["NotificationType"], n["Notification"]["Threshold"])
        for n in budget["NotificationsWithSubscribers"]
    }
    assert warnings == {("ACTUAL", 80), ("FORECASTED", 100)}


def test_alarms_and_budgets_may_write_to_the_topic_and_prods_operators_get_mail(prod: Stage) -> None:
    policy = prod.only("monitoring", "AWS::SNS::TopicPolicy")["PolicyDocument"]["Statement"]
    allowed = {statement["Principal"]["Service"] for statement in policy if statement["Effect"] == "Allow"}
    assert allowed == {"cloudwatch.amazonaws.com", "budgets.amazonaws.com"}
    assert prod.only("monitoring", "AWS::SNS::Subscription")["Endpoint"] == "operators@example.com"
