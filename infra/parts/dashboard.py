"""One look at a stage: what people feel, what it costs, what the pipeline does."""

from __future__ import annotations

from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_elasticloadbalancingv2 as elb
from aws_cdk import aws_lambda as functions
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra.config.stage_config import StageConfig
from infra.parts.own_metric import own_metric, search_by


class Dashboard(Construct):
    """Every line is of a metric that something here writes."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        config: StageConfig,
        chat: ecs.FargateService,
        targets: elb.ApplicationTargetGroup,
        function: functions.IFunction,
        dead: sqs.IQueue,
        alarms: list[cloudwatch.IAlarm],
    ) -> None:
        super().__init__(scope, id)
        board = cloudwatch.Dashboard(self, "Board")

        def mean(name: str, label: str) -> cloudwatch.Metric:
            return own_metric(config, name, "Average", label)

        def total(name: str, label: str) -> cloudwatch.Metric:
            return own_metric(config, name, "Sum", label)

        board.add_widgets(cloudwatch.AlarmStatusWidget(alarms=alarms, width=24, height=3, title="Alarms"))
        board.add_widgets(
            _graph(
                "Seconds to first text and to the whole answer",
                mean("lorechat_first_text_seconds", "first text"),
                mean("lorechat_turn_seconds", "whole answer"),
                own_metric(config, "canary_seconds", "Maximum", "canary"),
            ),
            _graph("Seconds of a search", mean("lorechat_retrieval_seconds", "search")),
            _graph("Turns by how they ended", search_by(config, "lorechat_turns_total", "outcome", "turns")),
        )
        board.add_widgets(
            _graph(
                "Failures and refusals",
                targets.metrics.http_code_target(elb.HttpCodeTarget.TARGET_5XX_COUNT, label="5xx"),
                total("lorechat_refusals_total", "refused"),
                total("lorechat_budget_refusals_total", "over budget"),
            ),
            _graph("Tokens by model", search_by(config, "lorechat_tokens_total", "model,kind", "tokens")),
            _graph("Dollars by model", search_by(config, "lorechat_cost_dollars_total", "model", "dollars")),
        )
        board.add_widgets(
            _graph("Answers given again", total("lorechat_cached_answers_total", "from the cache")),
            _graph(
                "Load of the chat",
                chat.metric_cpu_utilization(label="CPU %"),
                chat.metric_memory_utilization(label="memory %"),
                own_metric(config, "lorechat_turns_running", "Maximum", "turns at once"),
            ),
            _graph(
                "Dropped pages",
                function.metric_invocations(label="events"),
                function.metric_errors(label="failures"),
                dead.metric_approximate_number_of_messages_visible(label="waiting for a person"),
            ),
        )


def _graph(title: str, *lines: cloudwatch.IMetric) -> cloudwatch.GraphWidget:
    return cloudwatch.GraphWidget(title=title, left=list(lines), width=8)
