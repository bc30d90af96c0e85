"""Runs one command and ends it, with all that it started, as soon as the one who asked is gone.

The guard's standard input is a lifeline: a pipe that only the supervisor holds open. When it closes, because the
supervisor asks for a stop or because it was killed without a chance to clean up, the guard ends the command's whole
process group: SIGTERM first, SIGKILL for what is left after `GRACE_SECONDS`. This works wherever there are pipes and
process groups (Linux and macOS), without polling. The file is run by its path and imports nothing of ours, so that a
guard costs a few megabytes and starts at once.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time

GRACE_SECONDS = 5.0


class _Stop(Exception):
    """The lifeline closed, or a signal asks for the end."""


def _raise_stop(_signal: int, _frame: object) -> None:
    raise _Stop


def _watch_lifeline() -> None:
    while os.read(0, 1024):
        pass
    os.kill(os.getpid(), signal.SIGTERM)


def _lives(group: int) -> bool:
    with contextlib.suppress(ChildProcessError):
        os.waitpid(-group, os.WNOHANG)
    try:
        os.killpg(group, 0)
    except (ProcessLookupError, PermissionError):
        return False  # macOS answers "not permitted" for a group of which only zombies are left
    return True


def end_group(group: int, grace_seconds: float = GRACE_SECONDS) -> None:
    """End every process of a group and return when none is left."""
    for sign, seconds in ((signal.SIGTERM, grace_seconds), (signal.SIGKILL, 2.0)):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(group, sign)
        until = time.monotonic() + seconds
        while _lives(group):
            if time.monotonic() > until:
                break
            time.sleep(0.05)
        else:
            return


def main(command: list[str]) -> int:
    """Run the command in a process group of its own; return its exit code, 143 when it was stopped."""
    for sign in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(sign, _raise_stop)
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, process_group=0)  # noqa: S603 (the supervisor's)
    try:
        threading.Thread(target=_watch_lifeline, daemon=True).start()
        code = process.wait()
    except _Stop:
        code = 128 + signal.SIGTERM
    for sign in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(sign, signal.SIG_IGN)
    end_group(process.pid)
    return code


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
