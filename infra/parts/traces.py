"""The right to write traces."""

from __future__ import annotations

from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_iam as iam

from infra.parts.acknowledgement import acknowledge


def allow_tracing(task: ecs.FargateTaskDefinition, *more: str) -> None:
    """Let the task send traces to X-Ray, and do what `more` actions of X-Ray name."""
    actions = ["xray:PutTraceSegments", *more]
    task.add_to_task_role_policy(iam.PolicyStatement(sid="Traces", actions=actions, resources=["*"]))
    acknowledge(task, "AwsSolutions-IAM5[Resource::*]", "X-Ray knows no resources.")
