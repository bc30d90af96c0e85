from __future__ import annotations

import json
import re

import pytest

from tests.infra.conftest import Stage

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


def test_the_dashboard_shows_only_metrics_that_something_writes(stage: Stage) -> None:
    from infra.parts.collector import METRICS

    text = json.dumps(stage.only("monitoring", "AWS::CloudWatch::Dashboard"))
    shown = set(re.findall(r"lorechat_[a-z_]+", text))
    assert shown
    assert shown <= set(METRICS)


def test_every_metric_that_the_collector_sends_is_one_that_the_chat_has() -> None:
    from chat_app.metrics import Metrics
    from infra.parts.collector import METRICS

    names = {family.name for family in Metrics().registry.collect()}
    assert {name.removesuffix("_total") for name in METRICS} <= names


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


def test_logs_end_with_their_time(stage: Stage) -> None:
    for stack in stage.templates:
        for group in stage.resources(stack, "AWS::Logs::LogGroup").values():
            assert group["RetentionInDays"] == (90 if stage.name == "prod" else 7)
