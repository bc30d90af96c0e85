"""The topology of a deployment: a code server of its own, whose output is the container's log, and a daemon."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
from dagster._grpc.client import DagsterGrpcClient

from orchestration.materialize import open_instance
from orchestration.partitions import add_partitions
from orchestration.settings import PROJECT, PipelineSettings
from tests.free_port import free_port

pytestmark = pytest.mark.slow

_PATIENCE_SECONDS = 300


@contextmanager
def _running(command: list[str], environment: dict[str, str], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    program = str(Path(sys.executable).with_name(command[0]))
    with log.open("wb") as out:
        process = subprocess.Popen(
            [program, *command[1:]], cwd=PROJECT, env=environment, stdout=out, stderr=out, start_new_session=True
        )
    try:
        yield process
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _figures(log: Path) -> list[dict[str, Any]]:
    """Return the whole lines of figures; the last one may be being written."""
    lines = log.read_text().splitlines(keepends=True)
    return [json.loads(line) for line in lines if line.startswith('{"_aws"') and line.endswith("\n")]


def _crawled(settings: PipelineSettings) -> None:
    """Enter a source and what a crawl of it told, as a run that is somewhere else would."""
    settings.sources.mkdir()
    (settings.sources / "small.yaml").write_text("name: small\nstart_urls: [https://example.test/]\n")
    told = {"rows added": 7, "pages worked on": 7, "dagster/row_count": 7, "pages fetched": 7}
    with open_instance(settings) as instance:
        add_partitions(instance, ["small"])
        instance.report_runless_asset_event(dg.AssetMaterialization("raw_html", partition="small", metadata=told))


def test_figures_come_out_of_the_code_servers_own_output(tmp_path: Path) -> None:
    settings = PipelineSettings(home=tmp_path / "home", sources=tmp_path / "sources")
    _crawled(settings)
    port = str(free_port())
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("LORECHAT_")},
        "DAGSTER_HOME": str(settings.dagster_home),
        "LORECHAT_HOME": str(settings.home),
        "LORECHAT_SOURCES": str(settings.sources),
        "LORECHAT_METRICS": "emf",
        "LORECHAT_METRICS_STAGE": "dev",
    }
    server = ["dagster", "api", "grpc", "-h", "127.0.0.1", "-p", port, "-m", "orchestration.definitions"]
    daemon = ["dagster-daemon", "run", "--grpc-host", "127.0.0.1", "--grpc-port", port]
    log = tmp_path / "code.log"
    with ExitStack() as running:
        processes = [running.enter_context(_running(server, environment, log))]
        _wait(processes, "code server", lambda: _answers(int(port)))
        processes.append(running.enter_context(_running(daemon, environment, tmp_path / "daemon.log")))
        # The line of sources is the last one of a look, so all of them are there.
        _wait(processes, "figures", lambda: any("live_pages" in line for line in _figures(log)))
    figures = _figures(log)
    assert {line["stage"] for line in figures} == {"dev"}
    assert any("queued_runs" in line for line in figures)
    (crawl,) = (line for line in figures if line.get("asset") == "raw_html")
    assert (crawl["source"], crawl["pages_fetched"]) == ("small", 7)
    assert next(line["live_pages"] for line in figures if "live_pages" in line) == 7
    with open_instance(settings) as instance:
        captured = Path(instance.storage_directory()).rglob("*.out")
        assert not any("_aws" in file.read_text() for file in captured)  # Dagster kept none of it for its own pages


def _answers(port: int) -> bool:
    try:
        return bool(DagsterGrpcClient(port=port, host="127.0.0.1").ping("there?"))
    except Exception:  # Dagster raises several kinds while it starts; all say "not yet"
        return False


def _wait(processes: list[subprocess.Popen[bytes]], what: str, look: Any) -> None:
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while not look():
        assert all(process.poll() is None for process in processes), f"a server ended before there were {what}"
        assert time.monotonic() < deadline, f"no {what} within {_PATIENCE_SECONDS} s"
        time.sleep(0.2)
