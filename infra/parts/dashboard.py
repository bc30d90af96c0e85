"""One look at a stage: what people feel, what it costs, what the pipeline does."""

from __future__ import annotations

from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_elasticloadbalancingv2 as elb
from aws_cdk import aws_lambda as functions
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra.config.stage_config import StageConfig
from infra.parts.chat_widgets import chat_widgets
from infra.parts.graph import graph
from infra.parts.own_metric import of_function
from infra.parts.pipeline_widgets import pipeline_widgets


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
        board.add_widgets(cloudwatch.AlarmStatusWidget(alarms=alarms, width=24, height=3, title="Alarms"))
        for row in (*chat_widgets(config, chat, targets), *pipeline_widgets(config)):
            board.add_widgets(*row)
        board.add_widgets(
            graph(
                "Dropped pages: invocations",
                function.metric_invocations(label="events"),
                function.metric_errors(label="failures"),
                dead.metric_approximate_number_of_messages_visible(label="waiting for a person"),
            ),
            graph("Dropped pages: what was made of them", *of_function(config, "Documents", "Chunks", "Embeddings")),
            graph("Dropped pages: drops", *of_function(config, "Drops", "Failures", "Retries")),
        )
