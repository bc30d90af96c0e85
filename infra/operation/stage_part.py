"""What a stage's stacks are made of, by the names that AWS gave it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from infra.config.stage_config import StageConfig

Clients = Callable[[str], Any]
"""Gives boto3's client of a service, such as `ecs`."""


class OperationError(Exception):
    """Something could not be done; the message says why, and what to do."""


@dataclass(frozen=True, slots=True)
class StageParts:
    """Finds what a stage consists of."""

    config: StageConfig
    clients: Clients

    def of(self, stack: str, kind: str, beginning: str = "") -> list[str]:
        """Return the physical ids of a kind, such as `AWS::ECS::Service`, whose logical ids begin so.

        Errors: OperationError when the stack is not there.
        """
        name = f"{self.config.prefix}-{stack}"
        try:
            pages = self.clients("cloudformation").get_paginator("list_stack_resources").paginate(StackName=name)
            found = [resource for page in pages for resource in page["StackResourceSummaries"]]
        except ClientError as error:
            raise OperationError(f"The stack {name} cannot be read ({error}): is {self.config.stage} there?") from error
        return [
            str(resource["PhysicalResourceId"])
            for resource in found
            if resource["ResourceType"] == kind and resource["LogicalResourceId"].startswith(beginning)
        ]

    def only(self, stack: str, kind: str, beginning: str = "") -> str:
        """Return the one of a kind. Errors: OperationError when there is none, or several."""
        found = self.of(stack, kind, beginning)
        if len(found) != 1:
            raise OperationError(f"{self.config.prefix}-{stack} has {len(found)} of {kind} {beginning}, not one.")
        return found[0]
