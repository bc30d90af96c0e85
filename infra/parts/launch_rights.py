"""What Dagster may do to start runs and workers in its own cluster."""

from __future__ import annotations

from aws_cdk import Stack, Token
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_iam as iam
from aws_cdk import aws_logs as logs

from infra.parts.acknowledgement import acknowledge


def allow_launching(
    task: ecs.FargateTaskDefinition, *, cluster: ecs.ICluster, worker: ecs.FargateTaskDefinition, lines: logs.ILogGroup
) -> None:
    """Let the task start, watch and stop tasks of `cluster`. A run's task is a copy of the one that starts it, with
    the same roles, and the size that its tags ask for: so those roles, and the worker's, may be passed on."""
    if task.execution_role is None or worker.execution_role is None:
        raise TypeError("a task that reads secrets has an execution role")
    in_cluster = {"ArnEquals": {"ecs:cluster": cluster.cluster_arn}}
    tasks = Stack.of(task).format_arn(service="ecs", resource="task", resource_name=f"{cluster.cluster_name}/*")
    families = Stack.of(task).format_arn(service="ecs", resource="task-definition", resource_name="*")
    roles = [task.task_role, task.execution_role, worker.task_role, worker.execution_role]
    for statement in (
        iam.PolicyStatement(sid="Start", actions=["ecs:RunTask"], resources=[families], conditions=in_cluster),
        iam.PolicyStatement(
            sid="Watch", actions=["ecs:DescribeTasks", "ecs:StopTask", "ecs:TagResource"], resources=[tasks]
        ),
        iam.PolicyStatement(
            sid="Describe",
            actions=[
                "ec2:DescribeNetworkInterfaces",
                "ecs:DescribeTaskDefinition",
                "ecs:ListAccountSettings",
                "ecs:RegisterTaskDefinition",
            ],
            resources=["*"],
        ),
        iam.PolicyStatement(
            sid="Pass",
            actions=["iam:PassRole"],
            resources=[role.role_arn for role in roles],
            conditions={"StringEquals": {"iam:PassedToService": "ecs-tasks.amazonaws.com"}},
        ),
    ):
        task.add_to_task_role_policy(statement)
    lines.grant(task.task_role, "logs:GetLogEvents")  # shown with a run whose task did not start
    name = Stack.of(task).resolve(cluster.cluster_name)["Ref"]
    stack = Stack.of(task)
    account = "<AWS::AccountId>" if Token.is_unresolved(stack.account) else stack.account
    here = f"arn:<AWS::Partition>:ecs:{stack.region}:{account}"
    for resource, reason in (
        ("*", "These actions know no resources."),
        (f"{here}:task/<{name}>/*", "Tasks of its own cluster, whose ids nobody knows beforehand."),
        (f"{here}:task-definition/*", "Each run has its own task definition; they start in its own cluster alone."),
    ):
        acknowledge(task, f"AwsSolutions-IAM5[Resource::{resource}]", reason)
