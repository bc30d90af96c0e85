"""A worker that nobody listens to any more ends, also when S3 had not answered for a while."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from dagster_pipes import PipesContextData, encode_param

from assets.stages.worker_pipes import HEARD

_WORKER = """
import json, sys, time
from assets.stages.worker_pipes import open_pipes
with open_pipes(json.loads(sys.argv[1]), region="eu-west-1"):
    time.sleep(600)
"""


class S3(BaseHTTPRequestHandler):
    """Holds a session's context, takes all words, and hangs up on those who ask whether somebody listens, more often
    than a client asks again; then it says that nobody does."""

    protocol_version = "HTTP/1.1"
    silences = 6

    def do_GET(self) -> None:
        facts: dict[str, object] = dict.fromkeys(PipesContextData.__annotations__)
        self._answer(200, json.dumps(facts | {"extras": {}}).encode())

    def do_PUT(self) -> None:
        self.rfile.read(int(self.headers["content-length"]))
        self._answer(200, b"")

    def do_HEAD(self) -> None:
        if S3.silences:
            S3.silences -= 1
            self.close_connection = True
        else:
            self._answer(404, b"")

    def _answer(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Keep quiet."""


@pytest.fixture
def s3() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), S3)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.mark.slow
def test_a_worker_goes_on_asking_whether_somebody_listens(s3: str) -> None:
    place = {"bucket": "lake", "key_prefix": "pipes/one"}
    told = {
        "DAGSTER_PIPES_CONTEXT": encode_param({"bucket": "lake", "key": "pipes/one/context.json"}),
        "DAGSTER_PIPES_MESSAGES": encode_param({**place, HEARD: 0.1}),
    }
    account = {"AWS_ENDPOINT_URL": s3, "AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": "secret"}
    project = Path(__file__).resolve().parents[2]

    worker = subprocess.Popen(
        [sys.executable, "-c", _WORKER, json.dumps(told)], cwd=project, env={**os.environ, **account}
    )
    try:
        assert worker.wait(180) == -signal.SIGTERM
    finally:
        worker.kill()
        worker.wait()
