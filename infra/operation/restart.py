"""Starts the tasks of a stage anew, one after the other, so that they read their secrets again."""

from __future__ import annotations

from infra.operation.stage_part import StageParts

SERVICES = {"chat": ("service",), "dagster": ("data",), "all": ("service", "data")}
"""Stacks whose services are meant."""


def restart(parts: StageParts, which: str) -> list[str]:
    """Ask ECS to replace the tasks of services and return the services' names. People notice nothing: a new task of the
    chat is healthy before an old one is drained."""
    ecs = parts.clients("ecs")
    restarted = []
    for stack in SERVICES[which]:
        for arn in parts.of(stack, "AWS::ECS::Service"):
            ecs.update_service(cluster=arn.split("/")[-2], service=arn, forceNewDeployment=True)
            restarted.append(arn.rpartition("/")[2])
    return restarted
