from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from orchestration.error import ChildDied
from orchestration.up import guard
from orchestration.up.supervisor import Supervisor

# Starts a grandchild, writes both pids, then waits.
PARENT = """
import os, subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(300)"])
open(sys.argv[1] + ".partial", "w").write(f"{os.getpid()} {child.pid}")
os.rename(sys.argv[1] + ".partial", sys.argv[1])
time.sleep(300)
"""
# Holds the lifeline of a guard that runs PARENT.
SUPERVISOR = """
import subprocess, sys, time
subprocess.Popen([sys.executable, "-I", sys.argv[1], sys.executable, "-c", sys.argv[2], sys.argv[3]],
                 stdin=subprocess.PIPE, start_new_session=True)
time.sleep(300)
"""


def _pids(file: Path) -> list[int]:
    until = time.monotonic() + 20
    while not file.exists():
        assert time.monotonic() < until, "the command did not start"
        time.sleep(0.02)
    return [int(pid) for pid in file.read_text().split()]


def _runs(pid: int) -> bool:
    """Whether a process runs; one that ended and was not collected yet does not."""
    state = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True).stdout.strip()
    return bool(state) and not state.startswith("Z")


def _all_end(pids: list[int], seconds: float = 15.0) -> bool:
    until = time.monotonic() + seconds
    while any(_runs(pid) for pid in pids):
        if time.monotonic() > until:
            return False
        time.sleep(0.05)
    return True


def test_closing_the_lifeline_ends_the_command_and_all_it_started(tmp_path: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-I", guard.__file__, sys.executable, "-c", PARENT, str(tmp_path / "pids")],
        stdin=subprocess.PIPE,
        start_new_session=True,
    )
    pids = _pids(tmp_path / "pids")
    assert process.stdin is not None
    process.stdin.close()
    assert process.wait(timeout=20) == 143
    assert _all_end(pids)


def test_killing_the_supervisor_outright_leaves_no_orphan(tmp_path: Path) -> None:
    supervisor = subprocess.Popen([sys.executable, "-c", SUPERVISOR, guard.__file__, PARENT, str(tmp_path / "pids")])
    pids = _pids(tmp_path / "pids")
    os.kill(supervisor.pid, signal.SIGKILL)
    supervisor.wait()
    assert _all_end(pids)


def test_a_command_that_ignores_the_polite_signal_is_ended_all_the_same() -> None:
    stubborn = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import signal,time; signal.signal(15, signal.SIG_IGN); print(flush=True); time.sleep(99)",
        ],
        stdout=subprocess.PIPE,
        process_group=0,
    )
    assert stubborn.stdout is not None
    stubborn.stdout.readline()
    guard.end_group(stubborn.pid, grace_seconds=0.2)
    assert not _runs(stubborn.pid)
    stubborn.stdout.close()
    stubborn.poll()


def test_the_guard_hands_on_the_exit_code_of_its_command() -> None:
    with subprocess.Popen(
        [sys.executable, "-I", guard.__file__, sys.executable, "-c", "raise SystemExit(7)"],
        stdin=subprocess.PIPE,
        start_new_session=True,
    ) as process:
        assert process.wait(timeout=20) == 7


def test_a_server_that_dies_is_reported_with_the_end_of_its_log(tmp_path: Path) -> None:
    with Supervisor(logs=tmp_path, environment=os.environ, folder=tmp_path) as supervisor:
        supervisor.start("flaky", [sys.executable, "-c", "print('the disk is full'); raise SystemExit(3)"])
        with pytest.raises(ChildDied, match=r"(?s)flaky ended by itself \(exit code 3\).*flaky\.log.*the disk is full"):
            supervisor.watch(0.02)


def test_leaving_the_supervisor_ends_every_server(tmp_path: Path) -> None:
    with Supervisor(logs=tmp_path, environment=os.environ, folder=tmp_path) as supervisor:
        supervisor.start("one", [sys.executable, "-c", PARENT, str(tmp_path / "one")])
        supervisor.start("two", [sys.executable, "-c", PARENT, str(tmp_path / "two")])
        pids = _pids(tmp_path / "one") + _pids(tmp_path / "two")
    assert not any(_runs(pid) for pid in pids)
