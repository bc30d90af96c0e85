"""Tasks of ECS as containers: an account that starts them through podman's socket, as it would through Docker's."""

from __future__ import annotations

import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from tests.containers.image_set import image_name
from tests.containers.podman import Podman
from tests.containers.waiting import wait_until
from tests.ministack import ROOT, ministack_server
from tests.orchestration.workplace.account import Account, make_account

_DOCKER_CLIENT = ROOT / ".venv" / "ministack" / "docker"
_OF_THIS_MACHINE = ("PATH", "PYTHONPATH", "LORECHAT_MODELS")  # the image has its own
_IDLE_SECONDS = 900
"""So long nobody has called before the socket's service ends by itself: whoever should have ended it is gone."""


@dataclass(frozen=True)
class ContainerTasks:
    """An account whose tasks run the worker's image. They share this machine's network, and reach the
    account by it."""

    account: Account
    podman: Podman

    def stop(self) -> None:
        """End the one running task, as ECS does: SIGTERM now, SIGKILL two minutes later. (ministack's own StopTask
        gives it five seconds, and says that it ended well before it has.)"""
        [container] = self.podman.run("ps", "--quiet", self._ours).split()
        self.podman.run("stop", "--time=120", container)

    def statuses(self) -> list[int]:
        """What ECS says of how the tasks ended, the first one first."""
        ecs, cluster = self.account.ministack.client("ecs"), self.account.cluster
        arns = ecs.list_tasks(cluster=cluster, desiredStatus="STOPPED")["taskArns"]
        tasks = ecs.describe_tasks(cluster=cluster, tasks=arns)["tasks"]
        return [task["containers"][0]["exitCode"] for task in sorted(tasks, key=lambda task: task["createdAt"])]

    def clear(self) -> str:
        """Remove the containers, and return what they printed."""
        names = self.podman.run("ps", "--all", "--quiet", self._ours).split()
        printed = "\n".join(self.podman.logs(name) for name in names)
        for name in names:
            self.podman.attempt("rm", "--force", "--time=0", "--volumes", name)
        return printed

    @property
    def _ours(self) -> str:
        return f"--filter=label=com.amazonaws.ecs.cluster={self.account.cluster}"


@contextmanager
def container_tasks(podman: Podman, models: Path) -> Iterator[ContainerTasks]:
    """Open an account of one's own. Its tasks have their role's keys as variables: ministack's own door to them gives
    keys that it does not know."""
    assert _DOCKER_CLIENT.exists(), "Docker's client is not installed: sh infra/setup/test_programs.sh"
    with (
        _docker_socket(podman) as door,
        ministack_server({"DOCKER_HOST": door, "PYTHONPATH": str(_DOCKER_CLIENT)}) as server,
    ):
        account = make_account(server, models)
        tasks = ContainerTasks(replace(account, definition=_definition(account)), podman)
        try:
            yield tasks
        finally:
            print(tasks.clear())
            print((server.folder / "log").read_text()[-3000:])


def _definition(account: Account) -> str:
    told = {name: value for name, value in account.worker_environment().items() if name not in _OF_THIS_MACHINE}
    container: dict[str, Any] = {
        "name": "worker",
        "image": image_name("worker"),
        "essential": True,
        "environment": [{"name": name, "value": value} for name, value in told.items()],
    }
    made = account.ministack.client("ecs").register_task_definition(
        family="worker-in-a-container",
        networkMode="host",
        cpu="1024",
        memory="2048",
        taskRoleArn=account.worker.arn,
        executionRoleArn=account.worker.arn,
        containerDefinitions=[container],
    )
    return str(made["taskDefinition"]["taskDefinitionArn"])


@contextmanager
def _docker_socket(podman: Podman) -> Iterator[str]:
    """Let podman answer as Docker does, and return where."""
    folder = Path(tempfile.mkdtemp(prefix="lorechat-podman-"))  # the path of a socket has about a hundred characters
    place, log = folder / "api.sock", folder / "log"
    command = podman.command("system", "service", f"--time={_IDLE_SECONDS}", f"unix://{place}")
    with log.open("wb") as out:
        service = subprocess.Popen(command, env=podman.environment, stdin=subprocess.DEVNULL, stdout=out, stderr=out)
    try:
        wait_until(lambda: service.poll() is not None or _listens(place), "podman's socket does not answer")
        assert service.poll() is None, log.read_text()
        yield f"unix://{place}"
    finally:
        service.terminate()
        try:
            service.wait(60)
        except subprocess.TimeoutExpired:
            service.kill()
            service.wait()
        shutil.rmtree(folder)


def _listens(place: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as probe:
        return probe.connect_ex(str(place)) == 0
