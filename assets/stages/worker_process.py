"""A worker that is a process of this machine, as its parent sees it."""

from __future__ import annotations

import json
import signal
import subprocess
import threading
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from assets.stages.worker_job import JOB, worker_command
from assets.stages.workplace import Ending, Order
from assets.worker import LATER, MEND
from data_contracts.progress import Progress

_LAST_LINES = 20
_GRACE_SECONDS = 5


@dataclass(frozen=True)
class Processes:
    """The workplace on this machine: jobs are files in `folder`, and workers start with `environment`."""

    folder: Path
    environment: Mapping[str, str] = field(repr=False)
    advice: str = (
        "Start the stage again, with fewer workers (LORECHAT_WORKERS=1) if memory is short; it goes on where it was."
    )

    def worker(self, order: Order) -> WorkerProcess:
        """Return a process that was not started yet."""
        job = self.folder / f"{order.stage}-{order.shard.index}-{order.start}.json"
        job.write_text(order.job.model_dump_json(), "utf-8")
        command = worker_command(order.stage, order.job.source.name, order.shard)
        return WorkerProcess(command, {**self.environment, JOB: str(job)})


class WorkerProcess:
    """The process of a share, which is told its job by a file that the environment names."""

    def __init__(self, command: list[str], environment: Mapping[str, str]) -> None:
        self._command = command
        self._environment = environment
        self._child: subprocess.Popen[str] | None = None
        self._threads: list[threading.Thread] = []
        self._words: deque[str] = deque(maxlen=_LAST_LINES)

    def start(self, heard: Callable[[Progress], None], ended: Callable[[Ending], None]) -> None:
        """Start the process, and a thread that listens to it."""
        self._child = child = subprocess.Popen(  # noqa: S603 - our own command
            self._command,
            env=self._environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            errors="replace",
        )
        assert child.stdout is not None  # noqa: S101 - for mypy, as the next one
        assert child.stderr is not None  # noqa: S101 - it was opened with a pipe
        words = threading.Thread(target=self._words.extend, args=(child.stderr,), daemon=True)
        lines = threading.Thread(target=self._listen, args=(child, child.stdout, words, heard, ended), daemon=True)
        self._threads = [words, lines]
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """End the process, if it is still there."""
        if self._child is None:
            return
        self._child.terminate()
        try:
            self._child.wait(_GRACE_SECONDS)
        except subprocess.TimeoutExpired:
            self._child.kill()
            self._child.wait()
        for thread in self._threads:
            thread.join(_GRACE_SECONDS)
        for stream in (self._child.stdout, self._child.stderr):
            if stream is not None:
                stream.close()

    def _listen(
        self,
        child: subprocess.Popen[str],
        stdout: IO[str],
        words: threading.Thread,
        heard: Callable[[Progress], None],
        ended: Callable[[Ending], None],
    ) -> None:
        """Hear the process to its end. What it says cannot keep this from telling that it ended."""
        last = ("", "")
        for line in stdout:
            kind, _, rest = line.rstrip("\n").partition(" ")
            if kind in ("report", "failed"):
                last = kind, rest
            elif (progress := Progress.parse(line.rstrip("\n"))) is not None:
                heard(progress)
        status = child.wait()
        words.join(_GRACE_SECONDS)
        ended(self._ending(status, *last))

    def _ending(self, status: int, kind: str, rest: str) -> Ending:
        said = "".join(self._words).strip()
        where = f"It said at last:\n{said}" if said else ""
        try:
            found = json.loads(rest) if kind else None
        except ValueError:
            return Ending("died", sentence=f"ended with a last line that cannot be read ({rest[:80]!r})", where=where)
        if kind == "report":
            return Ending("report", report=found)
        if kind == "failed" and status in (MEND, LATER):  # Python's own way of breaking off has the status of MEND
            return Ending("failed" if status == MEND else "later", sentence=str(found))
        return Ending("died", sentence=_death(status), where=where)


def _death(status: int) -> str:
    return f"was killed by signal {signal.Signals(-status).name}" if status < 0 else f"broke off with status {status}"
