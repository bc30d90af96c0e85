"""`lorechat up` as a person starts it: real servers on free ports, real processes, a home of its own."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from data_contracts.chunk import CHUNKS
from data_contracts.embedding import EMBEDDINGS
from data_contracts.page_version import PAGE_VERSIONS
from lake import Lake
from tests.free_port import free_port

LORECHAT = str(Path(sys.executable).with_name("lorechat"))


class Started:
    """A `lorechat up` whose output is read while it runs."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        self.lines: list[str] = []
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.append(line)

    def wait_ready(self, seconds: float = 240) -> None:
        until = time.monotonic() + seconds
        while not any(line.startswith("Ready") for line in self.lines):
            assert self.process.poll() is None, "".join(self.lines)
            assert time.monotonic() < until, "".join(self.lines)
            time.sleep(0.05)

    def family(self) -> list[int]:
        """The pids of all processes that descend from it."""
        table = subprocess.run(["ps", "-eo", "pid=,ppid="], capture_output=True, text=True).stdout
        parents = {int(pid): int(parent) for pid, parent in (line.split() for line in table.splitlines())}
        found = [self.process.pid]
        for pid in found:
            found += [child for child, parent in parents.items() if parent == pid]
        return found[1:]


@contextmanager
def _up(variables: dict[str, str], folder: Path) -> Iterator[Started]:
    with subprocess.Popen(
        [LORECHAT, "up", "--no-browser"],
        env=variables,
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        started = Started(process)
        try:
            yield started
        finally:
            if process.poll() is None:
                process.send_signal(signal.SIGINT)
            process.wait(timeout=60)


def _running(pids: list[int]) -> list[str]:
    table = subprocess.run(["ps", "-eo", "pid=,stat=,args="], capture_output=True, text=True).stdout
    rows = [line.split(None, 2) for line in table.splitlines()]
    return [row[2] for row in rows if int(row[0]) in pids and not row[1].startswith("Z")]


def _rows(home: Path) -> dict[str, int]:
    lake = Lake(str(home / "lake"))
    return {table.name: lake.scan(table).collect().height for table in (PAGE_VERSIONS, CHUNKS, EMBEDDINGS)}


def _get(url: str) -> str:
    with urllib.request.urlopen(url, timeout=20) as answer:
        return str(answer.read().decode())


@pytest.mark.slow
def test_up_answers_stops_without_a_trace_and_redoes_nothing(workplace: tuple[Path, dict[str, str]]) -> None:
    folder, variables = workplace
    dagster, chat = free_port(), free_port()
    variables = variables | {"LORECHAT_DAGSTER_PORT": str(dagster), "LORECHAT_CHAT_PORT": str(chat)}

    with _up(variables, folder) as first:
        first.wait_ready()
        said = "".join(first.lines)
        assert f"http://localhost:{dagster}" in said
        assert f"http://localhost:{chat}" in said
        assert "embeddings: " in said
        asked = subprocess.run(
            [LORECHAT, "ask", "How does a recrawl work?", "--json"], env=variables, capture_output=True, text=True
        )
        answer = json.loads(asked.stdout)
        assert "recrawl" in answer["answer"].lower()
        assert answer["citations"][0]["url"].startswith(f"http://localhost:{chat}/handbook/")
        assert "What is LoreChat?" in _get(f"http://127.0.0.1:{chat}/handbook/index.html")
        assert "dagster" in _get(f"http://127.0.0.1:{dagster}/server_info")
        refused = subprocess.run([LORECHAT, "up"], env=variables, capture_output=True, text=True)
        assert refused.returncode == 1
        assert "already runs" in refused.stderr
        family = first.family()
        assert len(family) >= 6
        first.process.send_signal(signal.SIGINT)
        assert first.process.wait(timeout=60) == 0
        assert _running(family) == []

    before = _rows(folder / "home")
    assert min(before.values()) > 0
    with _up(variables, folder) as second:
        second.wait_ready(120)
        assert not any(line.startswith(("crawl:", "embeddings:")) for line in second.lines)
        family = second.family()
        os.kill(second.process.pid, signal.SIGKILL)
        second.process.wait()
        until = time.monotonic() + 30
        while _running(family) and time.monotonic() < until:
            time.sleep(0.1)
        assert _running(family) == []
    assert _rows(folder / "home") == before


def test_a_taken_port_ends_up_before_anything_is_started(workplace: tuple[Path, dict[str, str]]) -> None:
    folder, variables = workplace
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        done = subprocess.run(
            [LORECHAT, "up"], env=variables | {"LORECHAT_CHAT_PORT": port}, capture_output=True, text=True, cwd=folder
        )
    assert done.returncode == 1
    assert f"port {port}" in done.stderr
    assert "LORECHAT_CHAT_PORT=" in done.stderr
