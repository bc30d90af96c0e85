"""The canary, started by EventBridge."""

from __future__ import annotations

from pathlib import Path

from aws_cdk import Duration
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_lambda as functions
from aws_cdk import aws_secretsmanager as secretsmanager
from constructs import Construct

from infra.config.stage_config import StageConfig
from infra.parts.acknowledgement import acknowledge
from infra.parts.collector import namespace
from infra.parts.log_group import log_group

_CODE = Path(__file__).resolve().parent.parent / "canary"


class Canary(Construct):
    """Asks through CloudFront and the firewall, as people do, every few minutes."""

    def __init__(self, scope: Construct, id: str, *, config: StageConfig, address: str) -> None:
        super().__init__(scope, id)
        name = f"{config.secret_prefix}/canary" if config.watch.canary_question else ""
        self.function = functions.Function(
            self,
            "Function",
            runtime=functions.Runtime.PYTHON_3_14,
            architecture=functions.Architecture.ARM_64,
            handler="handler.handle",
            code=functions.Code.from_asset(str(_CODE), exclude=["__pycache__"]),
            timeout=Duration.seconds(90),
            memory_size=128,
            retry_attempts=0,
            log_group=log_group(self, "Log", config=config),
            environment={
                "ADDRESS": address,
                "STAGE": config.stage,
                "NAMESPACE": namespace(config),
                "QUESTION": config.watch.canary_question,
                "SECRET": name,
            },
        )
        if name:
            secretsmanager.Secret.from_secret_name_v2(self, "Key", name).grant_read(self.function)
        acknowledge(
            self.function,
            "AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole]",
            "AWS's own policy for writing log lines, which is all that it allows.",
        )
        events.Rule(
            self,
            "Often",
            schedule=events.Schedule.rate(Duration.minutes(config.watch.canary_minutes)),
            targets=[targets.LambdaFunction(self.function, retry_attempts=0)],
        )
