"""One share of a stage in a process of its own, as its parent sees it: it is started again when it dies."""

from __future__ import annotations

import json
import signal
import subprocess
import threading
from collections import deque
from collections.abc import Callable, Mapping
from pathlib import Path
from queue import SimpleQueue
from typing import IO

from assets.error import WorkerBusy, WorkerFailed
from assets.stages.report import StageReport
from assets.stages.shard import Shard
from assets.stages.worker_job import JOB, worker_command
from assets.worker import LATER, MEND
from data_contracts.progress import Progress

STARTS = 3
"""A worker that died is started again twice: what it left is tried apart, and a shortage of memory may have passed."""
_LAST_LINES = 20
_GRACE_SECONDS = 5

Heard = Callable[[Progress], None]
Mailbox = SimpleQueue[Callable[[], None]]
"""What the workers' listening threads hand to the thread that waits for them."""


class WorkerProcess:
    """The worker of a share. `start`, then run what comes into the mailbox until `report` is there.

    `progress` is what its present process last told; `generation` counts its processes.
    """

    def __init__(
        self, stage: str, source: str, shard: Shard, jobs: tuple[Path, Path], environment: Mapping[str, str]
    ) -> None:
        """`jobs` are the files with the job of the first process, and of one that comes after a death."""
        self._what = f"{stage} worker {shard} of {source!r}"
        self._command = worker_command(stage, source, shard)
        self._jobs = jobs
        self._environment = environment
        self._child: subprocess.Popen[str] | None = None
        self._threads: list[threading.Thread] = []
        self._words: deque[str] = deque(maxlen=_LAST_LINES)
        self._failure = ""
        self._said: StageReport | None = None
        self.generation = 0
        self.report: StageReport | None = None

    def start(self, mailbox: Mailbox, heard: Heard) -> None:
        """Start a process whose lines come into the mailbox."""
        job = self._jobs[min(self.generation, 1)]
        self.generation += 1
        self._failure = ""
        self._child = child = subprocess.Popen(  # noqa: S603 - our own command
            self._command,
            env={**self._environment, JOB: str(job)},
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
        lines = threading.Thread(target=self._listen, args=(child.stdout, mailbox, heard), daemon=True)
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

    def _listen(self, stdout: IO[str], mailbox: Mailbox, heard: Heard) -> None:
        for line in stdout:
            kind, _, rest = line.rstrip("\n").partition(" ")
            if kind == "report":
                self._said = StageReport.from_json(rest)
            elif kind == "failed":
                self._failure = json.loads(rest)
            elif (progress := Progress.parse(line.rstrip("\n"))) is not None:
                mailbox.put(lambda progress=progress: heard(progress))  # type: ignore[misc] # bound now, not when run
        mailbox.put(lambda: self._ended(mailbox, heard))

    def _ended(self, mailbox: Mailbox, heard: Heard) -> None:
        """Start again what died; raise WorkerFailed, WorkerBusy for what that would not help."""
        assert self._child is not None  # noqa: S101 - it has ended
        status = self._child.wait()
        if self._said is not None:
            self.report = self._said
            return
        if status == MEND and self._failure:  # Python's own way of breaking off has the same status
            raise WorkerFailed(self._failure)
        if self.generation < STARTS:
            self.stop()
            self.start(mailbox, heard)
        elif status == LATER and self._failure:
            raise WorkerBusy(self._failure)
        else:
            raise WorkerFailed(self._last_words(status))

    def _last_words(self, status: int) -> str:
        how = (
            f"was killed by signal {signal.Signals(-status).name}" if status < 0 else f"broke off with status {status}"
        )
        said = "".join(self._words).strip()
        return (
            f"{self._what} {how}, {STARTS} times. Start the stage again, with fewer workers (LORECHAT_WORKERS=1) if "
            f"memory is short; it goes on where it was.{f' It said at last:{chr(10)}{said}' if said else ''}"
        )
