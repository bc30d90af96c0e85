"""Shares as tasks of ECS on Fargate."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import dagster as dg
from botocore.exceptions import BotoCoreError, ClientError

from assets.stages.worker_job import worker_command
from assets.stages.workplace import Ending, Order
from orchestration.workplace.remote_worker import RemoteWorker, passes
from orchestration.workplace.session import Post

CONTAINER = "worker"
LOOK_SECONDS = 5.0
_FORGOTTEN_SECONDS = 120.0
"""A task that was just started may be unknown for a while; one that is unknown for so long is gone."""


@dataclass(frozen=True)
class TaskPlace:
    """Where tasks start: `definition` in `cluster`, on these subnets, in this security group. A first worker starts on
    Fargate Spot where `is_spot`, one that follows it never does."""

    cluster: str
    definition: str
    subnets: Sequence[str]
    group: str
    is_spot: bool = True


@dataclass(frozen=True)
class Tasks:
    """The workplace of a cluster."""

    client: Any
    place: TaskPlace
    context: dg.OpExecutionContext
    post: Post
    seconds: float = LOOK_SECONDS
    started: list[str] = field(default_factory=list)
    """Where the workers ran, for people."""
    advice: str = (
        "Start the stage again; it goes on where it was. If a task is short of memory, give the worker's task "
        "definition more (`worker_size` of the stage's configuration)."
    )

    def worker(self, order: Order) -> RemoteWorker:
        """Return a worker that was not started yet."""
        launch = Task(self.client, self.place, self.context.run.run_id, self.started)
        return RemoteWorker(order, launch, context=self.context, post=self.post, seconds=self.seconds)


class Task:
    """One task."""

    def __init__(self, client: Any, place: TaskPlace, run_id: str, started: list[str]) -> None:
        self._client = client
        self._place = place
        self._run_id = run_id
        self._started = started
        self._arn = ""
        self._unknown_since: float | None = None
        self.where = ""

    def begin(self, order: Order, bootstrap: Mapping[str, str]) -> Ending | None:
        """Start the task, on Spot if that has room. Errors: botocore's."""
        providers = ["FARGATE_SPOT"] * (self._place.is_spot and order.start == 1) + ["FARGATE"]
        said = ""
        for provider in providers:
            try:
                answer = self._client.run_task(**self._request(order, bootstrap, provider))
            except ClientError as error:
                if "apacity" not in str(error):  # "Capacity is unavailable at this time": the next one may have it
                    raise
                said = str(error)
                continue
            if answer["tasks"]:
                self._found(answer["tasks"][0]["taskArn"], order, provider)
                return None
            said = "; ".join(str(failure.get("reason")) for failure in answer.get("failures", []))
        return Ending("later", sentence=f"{order} could not be started: Fargate has no room ({said}). Try it later.")

    def ended(self) -> Ending | None:
        """Return how the task ended. A question that AWS does not answer is asked again. Errors: botocore's, for one
        that it will never answer."""
        try:
            answer = self._client.describe_tasks(cluster=self._place.cluster, tasks=[self._arn])
        except (ClientError, BotoCoreError) as error:
            if passes(error):
                return None
            raise
        if not answer["tasks"]:
            return self._forgotten()
        self._unknown_since = None
        [task] = answer["tasks"]
        return Ending("died", sentence=_how(task)) if task.get("lastStatus") == "STOPPED" else None

    def stop(self) -> None:
        """Ask ECS to end the task: SIGTERM now, and SIGKILL two minutes later. Errors: botocore's."""
        self._client.stop_task(cluster=self._place.cluster, task=self._arn, reason=f"Dagster run {self._run_id} ended")

    def _found(self, arn: str, order: Order, provider: str) -> None:
        self._arn = arn
        cluster, name = arn.split("/")[-2:]
        region = self._client.meta.region_name
        self.where = (
            f"https://{region}.console.aws.amazon.com/ecs/v2/clusters/{cluster}/tasks/{name}/logs?region={region}"
        )
        self._started.append(f"{order}: [{name}]({self.where}) on {provider}")

    def _forgotten(self) -> Ending | None:
        now = time.monotonic()
        self._unknown_since = self._unknown_since or now
        is_gone = now - self._unknown_since >= _FORGOTTEN_SECONDS
        return Ending("died", sentence="is unknown to ECS") if is_gone else None

    def _request(self, order: Order, bootstrap: Mapping[str, str], provider: str) -> dict[str, Any]:
        environment = [{"name": name, "value": value} for name, value in bootstrap.items()]
        command = worker_command(order.stage, order.job.source.name, order.shard)[3:]  # the image's entry point has it
        name = f"{self._run_id} {order} {order.start} {provider} {bootstrap}"
        return {
            "cluster": self._place.cluster,
            "taskDefinition": self._place.definition,
            "count": 1,
            "capacityProviderStrategy": [{"capacityProvider": provider, "weight": 1}],
            "networkConfiguration": {
                "awsvpcConfiguration": {
                    "subnets": list(self._place.subnets),
                    "securityGroups": [self._place.group] if self._place.group else [],
                    "assignPublicIp": "ENABLED",  # the way to S3 and the model: there is no NAT
                }
            },
            "overrides": {"containerOverrides": [{"name": CONTAINER, "command": command, "environment": environment}]},
            "propagateTags": "TASK_DEFINITION",
            "enableECSManagedTags": True,
            "startedBy": self._run_id,
            "clientToken": hashlib.sha256(name.encode()).hexdigest(),  # asked twice, started once
            "tags": [
                {"key": "dagster/run_id", "value": self._run_id},
                {"key": "lorechat/source", "value": order.job.source.name},
                {"key": "lorechat/stage", "value": order.stage},
            ],
        }


def _how(task: Mapping[str, Any]) -> str:
    """Say how a stopped task ended."""
    code, reason = task.get("stopCode") or "", task.get("stoppedReason") or ""
    statuses = [one.get("exitCode") for one in task.get("containers", []) if one.get("name") == CONTAINER]
    status = statuses[0] if statuses else None
    if code == "SpotInterruption":
        return "was taken by Fargate Spot"
    if code == "TaskFailedToStart":
        return f"did not start ({reason})"
    if status is None:
        return f"was ended without a report ({code or 'no stop code'}: {reason})"
    return f"ended with status {status} and no report ({code}: {reason})"
