"""What Dagster may do to start, watch and stop runs and workers in its own cluster."""

from __future__ import annotations

from aws_cdk import Stack, Token
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_iam as iam
from aws_cdk import aws_logs as logs

from infra.parts.acknowledgement import acknowledge


def allow_launching(
    task: ecs.FargateTaskDefinition,
    *,
    cluster: ecs.ICluster,
    worker: ecs.FargateTaskDefinition,
    family: str,
    lines: logs.ILogGroup,
) -> None:
    """Let the task start runs and workers in `cluster`. A run's task definition, whose name begins with `family`, is a
    copy of the one that starts it, with the same roles: so those, and the worker's, may be passed on. Workers are
    started by runs, which have the task's role."""
    if task.execution_role is None or worker.execution_role is None:
        raise TypeError("a task that reads secrets has an execution role")
    stack = Stack.of(task)
    families = stack.format_arn(service="ecs", resource="task-definition", resource_name=f"{family}_*")
    roles = [task.task_role, task.execution_role, worker.task_role, worker.execution_role]
    in_cluster = {"ArnEquals": {"ecs:cluster": cluster.cluster_arn}}
    for statement in (
        iam.PolicyStatement(
            sid="Start",
            actions=["ecs:RunTask"],
            resources=[families, worker.task_definition_arn],
            conditions=in_cluster,
        ),
        iam.PolicyStatement(
            sid="Tag",
            actions=["ecs:TagResource"],
            resources=[_tasks(stack, cluster)],
            conditions={"StringEquals": {"ecs:CreateAction": "RunTask"}},
        ),
        iam.PolicyStatement(
            sid="Describe",
            actions=["ec2:DescribeNetworkInterfaces", "ecs:DescribeTaskDefinition", "ecs:RegisterTaskDefinition"],
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
    lines.grant(task.task_role, "logs:GetLogEvents")  # shown with a run whose task failed
    for resource, reason in (
        ("*", "These actions know no resources."),
        (f"{_here(stack)}:task-definition/{family}_*", "Each job has its own; they start in its own cluster alone."),
    ):
        acknowledge(task, f"AwsSolutions-IAM5[Resource::{resource}]", reason)


def allow_stopping(task: ecs.FargateTaskDefinition, *, cluster: ecs.ICluster) -> None:
    """Let the task look at the tasks of `cluster`, and stop them when a person ends a run."""
    stack = Stack.of(task)
    task.add_to_task_role_policy(
        iam.PolicyStatement(
            sid="Watch", actions=["ecs:DescribeTasks", "ecs:StopTask"], resources=[_tasks(stack, cluster)]
        )
    )
    name = stack.resolve(cluster.cluster_name)["Ref"]
    acknowledge(
        task,
        f"AwsSolutions-IAM5[Resource::{_here(stack)}:task/<{name}>/*]",
        "Tasks of its own cluster, whose ids nobody knows beforehand.",
    )


def _tasks(stack: Stack, cluster: ecs.ICluster) -> str:
    return stack.format_arn(service="ecs", resource="task", resource_name=f"{cluster.cluster_name}/*")


def _here(stack: Stack) -> str:
    account = "<AWS::AccountId>" if Token.is_unresolved(stack.account) else stack.account
    return f"arn:<AWS::Partition>:ecs:{stack.region}:{account}"
