"""What the function's process loads before its first event, and whom it tells of its steps."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys

from tests.ministack import ROOT

_HEAVY = {
    "dagster",
    "torch",
    "transformers",
    "sentence_transformers",
    "scrapy",
    "twisted",
    "chainlit",
    "upstash_vector",
}
_STEP = (
    "import os\n"
    "from orchestration.function.observation import Observation\n"
    "with Observation(dict(os.environ)).step('clean'):\n"
    "    pass\n"
)
_TRACE = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1"


def _said(script: str, **variables: str) -> str:
    environment = {name: value for name, value in os.environ.items() if "XRAY" not in name} | variables
    found = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=ROOT, env=environment
    )
    return found.stdout + found.stderr


def test_the_function_starts_without_dagster_torch_and_what_crawls() -> None:
    script = "import sys, orchestration.function.handler; print(*{name.partition('.')[0] for name in sys.modules})"
    loaded = set(_said(script).split())
    assert {"polars", "deltalake", "aws_lambda_powertools"} <= loaded
    assert not loaded & _HEAVY


def test_steps_are_traced_where_a_daemon_takes_traces() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as daemon:
        daemon.bind(("127.0.0.1", 0))
        daemon.settimeout(60)
        address = f"127.0.0.1:{daemon.getsockname()[1]}"
        _said(_STEP, AWS_XRAY_DAEMON_ADDRESS=address, LAMBDA_TASK_ROOT="/app", _X_AMZN_TRACE_ID=_TRACE)
        _, _, segment = daemon.recv(65_536).partition(b"\n")
    told = json.loads(segment)
    assert (told["name"], told["trace_id"]) == ("## clean", "1-5759e988-bd862e3fe1be46a994272793")


def test_without_a_daemon_no_trace_is_made_and_nobody_complains() -> None:
    assert _said(_STEP, LAMBDA_TASK_ROOT="/app", _X_AMZN_TRACE_ID=_TRACE) == ""
