"""Plays Fargate for an account that keeps tasks as records: each task that is started there gets a real process.

It looks on as a client of ECS gets its answers. The account itself has checked rights and parameters by then; what it
cannot know is added: that the task's process has ended, how, and why.
"""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from tests.ministack import ROOT

Command = Callable[[Sequence[str]], Sequence[str]]


def worker(arguments: Sequence[str]) -> Sequence[str]:
    """The image's entry point."""
    return [sys.executable, "-m", "assets.worker", *arguments]


class Fargate:
    """The processes of tasks, by ARN. `environment` is what the image and the task definition give them.

    `commands` are taken by the tasks that are started, one each, before they get `worker`; `fates` are what ECS says
    of a task when its process has ended, by ARN. Of the tasks in `lost` ECS knows nothing when they are to be stopped.
    """

    def __init__(self, environment: Mapping[str, str], log: Path) -> None:
        self._environment = environment
        self._log = log
        self._lock = threading.Lock()
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        self.requests: list[Mapping[str, Any]] = []
        self.commands: list[Command] = []
        self.fates: dict[str, dict[str, Any]] = {}
        self.lost: set[str] = set()
        self.has_spot = True
        self._asking = threading.local()
        self.started = threading.Condition(self._lock)

    def watch(self, ecs: Any) -> None:
        """Look on while this client talks to ECS."""
        events = ecs.meta.events
        events.register("provide-client-params.ecs.RunTask", self._asked)
        events.register("provide-client-params.ecs.StopTask", self._lose)
        events.register("after-call.ecs.RunTask", self._run)
        events.register("after-call.ecs.DescribeTasks", self._describe)
        events.register("after-call.ecs.StopTask", self._stop)

    def wait_for(self, tasks: int) -> list[str]:
        """Wait until so many tasks were started, and return their ARNs."""
        with self.started:
            assert self.started.wait_for(lambda: len(self.processes) >= tasks, timeout=120)
            return list(self.processes)

    def take(self, arn: str) -> None:
        """Take a task's place away, as Spot does: it is told to end, and killed two minutes later. It has no exit
        status."""
        self.fates[arn] = {"stopCode": "SpotInterruption", "containers": [{"name": "worker"}]}
        self.processes[arn].terminate()
        try:
            self.processes[arn].wait(120)
        except subprocess.TimeoutExpired:
            self.processes[arn].kill()

    def end(self) -> None:
        """End what still runs."""
        for process in self.processes.values():
            process.kill()
            process.wait()

    def _asked(self, params: dict[str, Any], **_: Any) -> None:
        self.requests.append(params)
        self._asking.provider = params["capacityProviderStrategy"][0]["capacityProvider"]

    def _run(self, parsed: dict[str, Any], **_: Any) -> None:
        if not self.has_spot and self._asking.provider == "FARGATE_SPOT":
            parsed.update(tasks=[], failures=[{"reason": "Capacity is unavailable at this time"}])
        for task in parsed.get("tasks", []):
            [override] = task["overrides"]["containerOverrides"]
            told = {one["name"]: one["value"] for one in override["environment"]}
            with self.started, self._log.open("ab") as log:
                command = self.commands.pop(0) if self.commands else worker
                self.processes[task["taskArn"]] = subprocess.Popen(
                    list(command(override["command"])),
                    env={**self._environment, **told},
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    cwd=ROOT,
                )
                self.started.notify_all()

    def _describe(self, parsed: dict[str, Any], **_: Any) -> None:
        for task in parsed.get("tasks", []):
            process = self.processes[task["taskArn"]]
            if (status := process.poll()) is not None:
                task.update(lastStatus="STOPPED", stopCode="EssentialContainerExited", stoppedReason="it exited")
                task["containers"] = [{"name": "worker", "exitCode": status % 256}]
                task.update(self.fates.get(task["taskArn"], {}))

    def _lose(self, params: dict[str, Any], **_: Any) -> None:
        if params["task"] in self.lost:
            params["task"] = params["task"][:-8] + "00000000"

    def _stop(self, parsed: dict[str, Any], **_: Any) -> None:
        if "task" in parsed:
            self.processes[parsed["task"]["taskArn"]].terminate()
