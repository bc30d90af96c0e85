"""A task that AWS says nothing of: for a while, or for good."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from assets.stages.shard import Shard
from assets.stages.worker_job import ModelChoice, WorkerJob
from assets.stages.workplace import Order
from data_contracts.source import Source
from orchestration.workplace.task import Task, TaskPlace

_ARN = "arn:aws:ecs:eu-west-1:123456789012:task/pages/0123456789abcdef"


class Ecs(BaseHTTPRequestHandler):
    """Starts a task, and answers every question about it with one error: that of its path."""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["content-length"]))
        if self.headers["x-amz-target"].endswith(".RunTask"):
            self._answer(200, {"tasks": [{"taskArn": _ARN}], "failures": []})
        else:
            self._answer(400, {"__type": self.path.strip("/"), "message": "no"})

    def _answer(self, status: int, told: dict[str, Any]) -> None:
        body = json.dumps(told).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Keep quiet."""


@pytest.fixture(scope="module")
def ecs() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Ecs)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


def _started(ecs: str, error: str) -> Task:
    client = boto3.client(
        "ecs",
        region_name="eu-west-1",
        endpoint_url=f"{ecs}/{error}",
        aws_access_key_id="key",
        aws_secret_access_key="secret",
        config=Config(retries={"total_max_attempts": 1}),
    )
    job = WorkerJob(source=Source(name="docs", inbox=True), lake="lake", model=ModelChoice(name="m", cache=Path()))
    task = Task(client, TaskPlace("pages", "worker", ["subnet-1"], "sg-1"), "run", [])
    assert task.begin(Order("markdown", Shard(1, 1), job), {}) is None
    return task


def test_a_task_that_may_not_be_asked_about_is_not_waited_for(ecs: str) -> None:
    with pytest.raises(ClientError, match="AccessDeniedException"):
        _started(ecs, "AccessDeniedException").ended()


def test_a_question_that_came_too_often_is_asked_again(ecs: str) -> None:
    assert _started(ecs, "ThrottlingException").ended() is None
