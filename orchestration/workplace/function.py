"""Shares as invocations of a Lambda function."""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import dagster as dg
from botocore.exceptions import BotoCoreError, ClientError

from assets.stages.workplace import Ending, Order
from orchestration.workplace.remote_worker import RemoteWorker, refused
from orchestration.workplace.session import Post

LOOK_SECONDS = 2.0
_WORDS = 300


@dataclass(frozen=True)
class Function:
    """The workplace of a function. `client` must wait for an answer as long as an invocation may last."""

    client: Any
    name: str
    context: dg.OpExecutionContext
    post: Post
    seconds: float = LOOK_SECONDS
    started: list[str] = field(default_factory=list)
    """Where the workers ran, for people."""
    advice: str = (
        "Start the stage again; it goes on where it was. If an invocation takes too long or too much memory, let tasks "
        "of ECS do it (LORECHAT_WORKER_PLACE=ecs)."
    )

    def worker(self, order: Order) -> RemoteWorker:
        """Return a worker that was not started yet."""
        launch = Invocation(self.client, self.name, self.started)
        return RemoteWorker(order, launch, context=self.context, post=self.post, seconds=self.seconds)


class Invocation:
    """One invocation. It cannot be stopped: it ends by itself, within the function's time limit, and what it does
    until then is in the lake."""

    def __init__(self, client: Any, name: str, started: list[str]) -> None:
        self._client = client
        self._name = name
        self._started = started
        self._thread: threading.Thread | None = None
        self._ending: Ending | None = None
        region = client.meta.region_name
        self.where = (
            f"https://{region}.console.aws.amazon.com/lambda/home?region={region}#/functions/{name}?tab=monitor"
        )

    def begin(self, order: Order, bootstrap: Mapping[str, str]) -> Ending | None:
        """Invoke the function, in a thread that waits for its answer."""
        event = {"stage": order.stage, "source": order.job.source.name, "shard": str(order.shard), **bootstrap}
        self._thread = threading.Thread(target=self._invoke, args=(event, str(order)), daemon=True)
        self._thread.start()
        self._started.append(f"{order}: [{self._name}]({self.where})")
        return None

    def ended(self) -> Ending | None:
        """Return how it ended."""
        return self._ending

    def stop(self) -> None:
        """Leave it: AWS has no call to end an invocation."""

    def _invoke(self, event: Mapping[str, str], what: str) -> None:
        try:
            self._ending = self._answered(event, what)
        except Exception as error:  # whatever this is, the one that waits for the answer must hear of it
            self._ending = Ending("died", sentence=f"broke off: no whole answer ({type(error).__name__}: {error})")

    def _answered(self, event: Mapping[str, str], what: str) -> Ending:
        try:
            answer = self._client.invoke(
                FunctionName=self._name, InvocationType="RequestResponse", Payload=json.dumps(event).encode()
            )
        except (ClientError, BotoCoreError) as error:
            return refused(error, what)
        request = answer.get("ResponseMetadata", {}).get("RequestId", "")
        self.where = f"{self.where} (request {request})"
        if "FunctionError" not in answer:
            return Ending("died", sentence="ended without a report")
        said = answer["Payload"].read().decode("utf-8", "replace")[:_WORDS]
        return Ending("died", sentence=f"broke off: {said}")
