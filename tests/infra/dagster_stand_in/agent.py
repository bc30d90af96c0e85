"""What ECS's agent does on a machine: it runs the command of each task that starts, with the environment of its task
definition, warns it when Spot takes it, kills it, and says how it ended. A container asks it who it is.

ministack without Docker only keeps the record of a task, whose exit status is always 0: so Dagster asks ECS by way of
the agent, which writes the true one into what ministack says.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx

from tests.ministack import Ministack


class Agent:
    """Runs the tasks of `cluster` whose family begins with `family`, one after the other is looked at.

    `machine` are variables that a task has by being where it is: its role's credentials, its region.
    """

    def __init__(self, account: Ministack, cluster: str, family: str, machine: Mapping[str, str], folder: Path) -> None:
        self._ecs = account.client("ecs")
        self._secrets = account.client("secretsmanager")
        self._cluster, self._family = cluster, family
        self._machine, self._folder = dict(machine), folder
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        self._ends = threading.Event()
        self._thread = threading.Thread(target=self._work, daemon=True)

    def __enter__(self) -> Agent:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ends.set()
        self._thread.join()
        for task in self._processes:
            self.kill(task)

    def warn(self, task: str) -> None:
        """Say to a task on Spot that it will be taken: SIGTERM to its command, as Fargate does two minutes before."""
        self._processes[task].send_signal(signal.SIGTERM)

    def kill(self, task: str) -> None:
        """End all processes of a task, as Fargate does with its machine."""
        process = self._processes[task]
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def exit_status(self, task: str) -> int | None:
        """Return the status of a task that has ended as ECS tells it: 137 for one that was killed."""
        process = self._processes.get(task)
        status = process.poll() if process else None
        return 128 - status if status is not None and status < 0 else status

    def printed(self, task: str) -> str:
        """What a task's container printed."""
        return (self._folder / task.rpartition("/")[2]).read_text()

    def tasks(self) -> list[dict[str, Any]]:
        """The runs' tasks, with their tags."""
        arns = self._ecs.list_tasks(cluster=self._cluster)["taskArns"]
        arns += self._ecs.list_tasks(cluster=self._cluster, desiredStatus="STOPPED")["taskArns"]
        if not arns:
            return []
        found = self._ecs.describe_tasks(cluster=self._cluster, tasks=arns, include=["TAGS"])["tasks"]
        return [task for task in found if f"/{self._family}" in task["taskDefinitionArn"]]

    def _work(self) -> None:
        while not self._ends.wait(0.2):
            for task in self.tasks():
                arn = task["taskArn"]
                if arn not in self._processes:
                    self._processes[arn] = self._start(task)
                elif self._processes[arn].poll() is not None and task["lastStatus"] != "STOPPED":
                    self._ecs.stop_task(cluster=self._cluster, task=arn, reason="Essential container in task exited")

    def _start(self, task: Mapping[str, Any]) -> subprocess.Popen[bytes]:
        definition = self._ecs.describe_task_definition(taskDefinition=task["taskDefinitionArn"])["taskDefinition"]
        (container,) = definition["containerDefinitions"]
        (override,) = task["overrides"]["containerOverrides"]
        assert override["name"] == container["name"]
        environment = {
            **self._machine,
            **{each["name"]: each["value"] for each in container["environment"]},
            **{each["name"]: self._secret(each["valueFrom"]) for each in container["secrets"]},
        }
        program = Path(sys.executable).with_name(override["command"][0])
        with (self._folder / task["taskArn"].rpartition("/")[2]).open("wb") as output:
            return subprocess.Popen(
                [str(program), *override["command"][1:]],
                env=environment,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )

    def _secret(self, place: str) -> str:
        """The value of a field of a secret: `ARN:field::`, as a task definition names it."""
        arn, field = place.removesuffix("::").rsplit(":", 1)
        held = json.loads(self._secrets.get_secret_value(SecretId=arn)["SecretString"])
        return str(held[field])


@contextmanager
def metadata_endpoint(cluster: str, task: str, container: str) -> Iterator[str]:
    """Answer as the address in ECS_CONTAINER_METADATA_URI_V4 does, of which every container has its own:
    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-metadata-endpoint-v4-fargate.html"""

    class Handler(_Quiet):
        def do_GET(self) -> None:
            said = {"Cluster": cluster, "TaskARN": task} if self.path.endswith("/task") else {"Name": container}
            self.say(200, json.dumps(said).encode())

    with _serving(Handler) as address:
        yield f"{address}/v4/{os.getpid()}"


@contextmanager
def ecs_endpoint(account: Ministack, agent: Agent) -> Iterator[str]:
    """Answer as ECS does: what ministack says, with the exit status of tasks that have ended."""

    class Handler(_Quiet):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            answer = httpx.post(f"{account.endpoint}{self.path}", content=body, headers=dict(self.headers), timeout=60)
            said = answer.content
            if answer.is_success and self.headers.get("X-Amz-Target", "").endswith(".DescribeTasks"):
                told = answer.json()
                for task in told["tasks"]:
                    if task["lastStatus"] == "STOPPED" and (status := agent.exit_status(task["taskArn"])) is not None:
                        task["containers"][0]["exitCode"] = status
                said = json.dumps(told).encode()
            self.say(answer.status_code, said, answer.headers.get("Content-Type", ""))

    with _serving(Handler) as address:
        yield address


class _Quiet(BaseHTTPRequestHandler):
    def say(self, status: int, body: bytes, kind: str = "application/json") -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing: pytest's output is for failures."""


@contextmanager
def _serving(handler: type[BaseHTTPRequestHandler]) -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
