"""An invocation whose answer does not come as it should: whoever waits for it hears that it is over."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config

from assets.stages.shard import Shard
from assets.stages.worker_job import ModelChoice, WorkerJob
from assets.stages.workplace import Ending, Order
from data_contracts.source import Source
from orchestration.workplace.function import Invocation


class BreakingOff(BaseHTTPRequestHandler):
    """Says that the function failed, and hangs up while it says why."""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["content-length"]))
        self.send_response(200)
        self.send_header("X-Amz-Function-Error", "Unhandled")
        self.send_header("Content-Length", "1000")
        self.end_headers()
        self.wfile.write(b'{"errorMessage": "Runt')

    def log_message(self, *_: Any) -> None:
        """Keep quiet."""


@pytest.fixture
def client() -> Iterator[Any]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), BreakingOff)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield boto3.client(
        "lambda",
        region_name="eu-west-1",
        endpoint_url=f"http://127.0.0.1:{server.server_port}",
        aws_access_key_id="key",
        aws_secret_access_key="secret",
        config=Config(retries={"total_max_attempts": 1}),
    )
    server.shutdown()
    server.server_close()
    thread.join()


def test_an_answer_that_is_cut_off_ends_the_invocation(client: Any) -> None:
    job = WorkerJob(source=Source(name="docs", inbox=True), lake="lake", model=ModelChoice(name="m", cache=Path()))
    invocation = Invocation(client, "worker", [])
    invocation.begin(Order("markdown", Shard(1, 1), job), {})

    ending = _ending(invocation)

    assert ending.kind == "died"
    assert "broke off" in ending.sentence


def _ending(invocation: Invocation) -> Ending:
    looking = threading.Event()
    for _ in range(300):
        if (ending := invocation.ended()) is not None:
            return ending
        looking.wait(0.1)
    raise AssertionError("the invocation never ended")
