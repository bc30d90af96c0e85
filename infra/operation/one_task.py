"""A task that does one thing: with the image, rights, secrets and network of a service that runs already."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from infra.operation.stage_part import OperationError, StageParts

PLACES = {"chat": ("service", "chat"), "dagster": ("data", "code")}
"""Where a command may run: the stack and the container of the service that it is put beside."""

_ALONE = [{"name": "LORECHAT_WORKER_PLACE", "value": "local"}]
"""The service's role may start no workers, which is for runs: the command does its work itself."""

_PATIENCE = 6 * 3600.0


@dataclass(frozen=True, slots=True)
class Place:
    """A service's own settings."""

    cluster: str
    container: str
    definition: str
    network: dict[str, Any]
    group: str
    stream: str


@dataclass(frozen=True, slots=True)
class OneTask:
    """`clients` gives boto3's client of a service; `tell` shows a line; `wait` lets seconds pass."""

    parts: StageParts
    tell: Callable[[str], None]
    wait: Callable[[float], None] = time.sleep

    def run(self, where: str, command: Sequence[str]) -> int:
        """Run the command, show what it printed, and return its exit status. Errors: OperationError, botocore's."""
        place = self._find(*PLACES[where])
        # What Dagster's code location takes at rest is too little for a crawl: a command there is as large as a run.
        run = self.parts.config.dagster.run_size
        size = {"cpu": str(run.cpu), "memory": str(run.memory)} if where == "dagster" else {}
        started = self.parts.clients("ecs").run_task(
            cluster=place.cluster,
            taskDefinition=place.definition,
            launchType="FARGATE",  # never Spot: what a person waits for is not taken away
            networkConfiguration=place.network,
            propagateTags="TASK_DEFINITION",
            startedBy="lorechat-task",
            overrides={
                "containerOverrides": [{"name": place.container, "command": list(command), "environment": _ALONE}],
                **size,
            },
        )
        if not started["tasks"]:
            raise OperationError(f"ECS started nothing: {started['failures'][0].get('reason')}")
        arn = str(started["tasks"][0]["taskArn"])
        self.tell(f"Started {arn.rpartition('/')[2]}; it takes a minute to come up.")
        ended = self._ended(place, arn)
        self._show(place, arn)
        codes = [one.get("exitCode") for one in ended["containers"] if one["name"] == place.container]
        if not codes or codes[0] is None:
            raise OperationError(f"It did not run to its end: {ended.get('stoppedReason') or 'ECS gives no reason'}")
        return int(codes[0])

    def _find(self, stack: str, container: str) -> Place:
        ecs = self.parts.clients("ecs")
        for arn in self.parts.of(stack, "AWS::ECS::Service"):
            cluster = arn.split("/")[-2]
            (service,) = ecs.describe_services(cluster=cluster, services=[arn])["services"]
            task = ecs.describe_task_definition(taskDefinition=service["taskDefinition"])["taskDefinition"]
            for one in task["containerDefinitions"]:
                if one["name"] == container:
                    lines = one["logConfiguration"]["options"]
                    network = service["networkConfiguration"]
                    group, stream = lines["awslogs-group"], lines["awslogs-stream-prefix"]
                    return Place(cluster, container, service["taskDefinition"], network, group, stream)
        raise OperationError(f"No service of {self.parts.config.prefix}-{stack} has a container {container}.")

    def _ended(self, place: Place, arn: str) -> dict[str, Any]:
        until = time.monotonic() + _PATIENCE
        while time.monotonic() < until:
            (task,) = self.parts.clients("ecs").describe_tasks(cluster=place.cluster, tasks=[arn])["tasks"]
            if task["lastStatus"] == "STOPPED":
                return dict(task)
            self.wait(5)
        raise OperationError(f"It has been running for hours: aws ecs stop-task --cluster {place.cluster} --task {arn}")

    def _show(self, place: Place, arn: str) -> None:
        stream = f"{place.stream}/{place.container}/{arn.rpartition('/')[2]}"
        lines = self.parts.clients("logs")
        seen: dict[str, Any] = {"logGroupName": place.group, "logStreamName": stream, "startFromHead": True}
        token = ""
        while True:
            try:
                page = lines.get_log_events(**seen)
            except lines.exceptions.ResourceNotFoundException:
                return  # it printed nothing
            for event in page["events"]:
                self.tell(event["message"])
            if page["nextForwardToken"] == token:
                return
            token = page["nextForwardToken"]
            seen["nextToken"] = token
