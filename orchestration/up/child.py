"""A server that `lorechat up` runs: its log file, its state, its end."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from orchestration.up import guard

_STOP_SECONDS = guard.GRACE_SECONDS + 15


@dataclass(frozen=True, slots=True)
class Child:
    """A command that runs under a guard, with standard output and error in `log`."""

    name: str
    log: Path
    process: subprocess.Popen[bytes]

    @classmethod
    def start(
        cls, name: str, command: Sequence[str], *, logs: Path, environment: Mapping[str, str], folder: Path
    ) -> Self:
        """Start `command` in `folder`; it ends with this process, however that ends."""
        logs.mkdir(parents=True, exist_ok=True)
        log = logs / f"{name}.log"
        with log.open("wb") as output:
            process = subprocess.Popen(  # noqa: S603 (our own servers)
                [sys.executable, "-I", guard.__file__, *command],
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=dict(environment),
                cwd=folder,
                start_new_session=True,
            )
        return cls(name, log, process)

    @property
    def exit_code(self) -> int | None:
        """Exit code of the command once it ended; None while it runs."""
        return self.process.poll()

    def tail(self, lines: int = 15) -> str:
        """Return the last lines of its log."""
        with self.log.open("rb") as file:
            file.seek(max(0, self.log.stat().st_size - 16_384))
            text = file.read().decode(errors="replace")
        return "\n".join(text.splitlines()[-lines:])

    def ask_to_stop(self) -> None:
        """Close the lifeline; the guard does the rest."""
        if self.process.stdin is not None:
            self.process.stdin.close()

    def wait(self) -> None:
        """Wait until it ended."""
        try:
            self.process.wait(timeout=_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
