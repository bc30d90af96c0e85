"""The dashboard's rows about the chat."""

from __future__ import annotations

from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_elasticloadbalancingv2 as elb

from infra.config.stage_config import StageConfig
from infra.parts.graph import graph
from infra.parts.own_metric import own_metric, search_by

Row = list[cloudwatch.GraphWidget]


def chat_widgets(config: StageConfig, chat: ecs.FargateService, targets: elb.ApplicationTargetGroup) -> list[Row]:
    """Return rows about waiting, failing, paying and load. Percentiles are those of single turns."""
    waiting = [
        graph("Seconds to first text", *_percentiles(config, "first_text_seconds")),
        graph(
            "Seconds to the whole answer",
            *_percentiles(config, "turn_seconds"),
            own_metric(config, "canary_seconds", "Maximum", "canary"),
        ),
        graph("Seconds of a search", *_percentiles(config, "retrieval_seconds")),
    ]
    ending = [
        graph("Turns by how they ended", search_by(config, "turns", "outcome", "")),
        graph(
            "Failures and refusals",
            targets.metrics.http_code_target(elb.HttpCodeTarget.TARGET_5XX_COUNT, label="5xx"),
            own_metric(config, "lorechat_budget_refusals_total", "Sum", "over budget"),
            search_by(config, "lorechat_refusals_total", "status", "refused: "),
        ),
        graph(
            "Answered canary, and models left alone",
            own_metric(config, "canary_answered", "Minimum", "canary"),
            search_by(config, "lorechat_breaker_open", "model", "alone: ", "Maximum"),
        ),
    ]
    paying = [
        graph(
            "Tokens by model",
            search_by(config, "input_tokens", "model", "read: "),
            search_by(config, "output_tokens", "model", "written: "),
        ),
        graph("Dollars by model", search_by(config, "answer_dollars", "model", "")),
        graph(
            "Answers given again",
            own_metric(config, "cached_answers", "Sum", "from the cache"),
            own_metric(config, "cached_answers", "Average", "share"),
        ),
    ]
    load = [
        graph(
            "Load of the chat, %",
            chat.metric_cpu_utilization(label="CPU"),
            chat.metric_memory_utilization(label="memory"),
        ),
        graph(
            "People at once",
            own_metric(config, "lorechat_turns_running", "Maximum", "turns of a task"),
            own_metric(config, "lorechat_open_pages", "Maximum", "open pages of a task"),
        ),
    ]
    return [waiting, ending, paying, load]


def _percentiles(config: StageConfig, name: str) -> list[cloudwatch.Metric]:
    return [own_metric(config, name, percentile, percentile) for percentile in ("p50", "p95")]
