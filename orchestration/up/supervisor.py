"""Starts servers, watches them, and ends them all, whatever happens."""

from __future__ import annotations

import http.client
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from orchestration.error import ChildDied, StartFailed
from orchestration.up.child import Child


class Supervisor:
    """The servers of a laptop run. Leaving the `with` block ends every one of them with all that it started."""

    def __init__(self, *, logs: Path, environment: Mapping[str, str], folder: Path) -> None:
        self._logs = logs
        self._environment = dict(environment)
        self._folder = folder
        self._children: list[Child] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for child in self._children:
            child.ask_to_stop()
        for child in self._children:
            child.wait()

    def start(self, name: str, command: Sequence[str]) -> None:
        """Start a server; its output goes to `<logs>/<name>.log`."""
        self._children.append(
            Child.start(name, command, logs=self._logs, environment=self._environment, folder=self._folder)
        )

    def check(self) -> None:
        """Raise ChildDied, with the end of its log, when a server is not running any more."""
        for child in self._children:
            if child.exit_code is not None:
                raise ChildDied(
                    f"{child.name} ended by itself (exit code {child.exit_code}). The end of {child.log}:\n"
                    f"{child.tail() or '(nothing was written)'}"
                )

    def wait_for(self, name: str, port: int, path: str, *, seconds: float = 120.0) -> None:
        """Wait until the server answers 200 on a loopback port. Raises ChildDied or StartFailed."""
        until = time.monotonic() + seconds
        while not answers(port, path):
            self.check()
            if time.monotonic() > until:
                log = self._logs / f"{name}.log"
                raise StartFailed(f"{name} did not answer on port {port} within {seconds:.0f} s. Look into {log}.")
            time.sleep(0.1)

    def watch(self, seconds: float = 1.0) -> None:
        """Watch the servers until one dies (ChildDied) or a signal ends the wait."""
        while True:
            self.check()
            time.sleep(seconds)


def answers(port: int, path: str) -> bool:
    """Whether a server on a loopback port answers a request with 200."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("GET", path)
        return connection.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
