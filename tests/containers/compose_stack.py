"""compose.yaml as a whole. podman-compose starts each service as the file says; this waits for what the file says must
be so before the next one."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
import venv
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import boto3
import yaml

from tests.containers.podman import ROOT, Podman

_PODMAN_COMPOSE = "podman-compose==1.6.0"
_PASSWORD = "of-this-test-alone"
_PATIENCE = 400.0


def compose_file() -> dict[str, Any]:
    """compose.yaml as it is written, without anything put in."""
    told: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text())
    return told


class ComposeStack:
    """`up` returns when every service runs and is healthy; `stop` says how each one ended."""

    def __init__(self, podman: Podman, folder: Path, *, chat_port: int, dagster_port: int) -> None:
        """A copy of the file and of what it mounts lies in `folder`, so that nobody's .env is read."""
        folder.mkdir()
        self.chat = f"http://127.0.0.1:{chat_port}"
        self.dagster = f"http://127.0.0.1:{dagster_port}"
        self._podman = podman
        self._folder = folder
        self._project = f"lorechat-test-{os.getpid()}"
        self._environment = podman.environment | {
            "LORECHAT_LOCAL_PASSWORD": _PASSWORD,
            "LORECHAT_LOCAL_CHAT_PORT": str(chat_port),
            "LORECHAT_LOCAL_DAGSTER_PORT": str(dagster_port),
            "LORECHAT_LOCAL_NETWORK": f"10.213.{os.getpid() % 256}.0/24",
            **dict.fromkeys(("OPENAI_API_KEY", "OPENAI_BASE_URL", "LORECHAT_CHAT_MODEL"), ""),
        }
        self._services: dict[str, Any] = compose_file()["services"]
        shutil.copy(ROOT / "compose.yaml", folder)
        shutil.copytree(ROOT / "infra" / "compose", folder / "infra" / "compose")
        for path in (folder, *folder.parents):  # pytest keeps its folders to their owner; services are others
            if path.stat().st_uid == os.geteuid() and not path.stat().st_mode & 0o001:
                path.chmod(path.stat().st_mode | 0o001)

    def prepare(self) -> None:
        """Make what stands in for images that come from elsewhere: one that has all three programs."""
        context = self._folder / "stand-ins"
        shutil.copytree(ROOT / "tests" / "containers" / "stand_ins", context)
        shutil.copy(Path(sys.executable).with_name("weed").resolve(), context / "weed")
        names = sorted({service["image"] for service in self._services.values() if not _is_ours(service)})
        self._podman.run("build", "--network=host", "--layers", "--tag", names[0], context)
        for name in names[1:]:
            self._podman.run("tag", names[0], name)

    def up(self) -> None:
        """Start everything in order. A service's conditions hold before it is started."""
        for name in self.order():
            for other, how in self._services[name].get("depends_on", {}).items():
                self._wait(other, how["condition"])
            self._compose("up", "--detach", "--no-build", "--no-deps", name)
        for name, service in self._services.items():
            if service["restart"] != "no":
                self._wait(name, "service_healthy" if self._has_check(name) else "service_started")

    def stop(self) -> dict[str, int]:
        """Tell each service to end, the last one first, within the time that the file gives it; return exit codes."""
        for name in reversed(self.order()):
            self._podman.run(
                "stop", f"--time={seconds(self._services[name].get('stop_grace_period', '10s'))}", self.container(name)
            )
        return {name: self._state(name)["ExitCode"] for name in self._services}

    def down(self) -> None:
        """Remove the containers, the network and the volumes."""
        self._compose("down", "--volumes", "--timeout", "5", check=False)

    def left(self) -> list[str]:
        """Containers, networks and volumes of this project that are still there."""
        kinds = (("ps", "--all"), ("network", "ls"), ("volume", "ls"))
        label = f"--filter=label=io.podman.compose.project={self._project}"
        return [line for kind in kinds for line in self._podman.run(*kind, "--quiet", label).split()]

    def order(self) -> list[str]:
        """The services, each after those that it needs."""
        found: list[str] = []
        while len(found) < len(self._services):
            found.append(next(n for n in self._services if n not in found and self._after(n) <= set(found)))
        return found

    def container(self, service: str) -> str:
        """The name of a service's container."""
        return f"{self._project}_{service}_1"

    def state(self) -> str:
        """The services and their last words, for a person who reads of a failure."""
        lines = []
        for name in self._services:
            told = self._podman.attempt(
                "inspect", "--format={{.State.Status}} {{.State.ExitCode}}", self.container(name)
            )
            lines += [f"--- {name}: {told.stdout.strip()}", self._podman.logs(self.container(name))[-2000:]]
        return "\n".join(lines)

    def drop(self, files: Mapping[str, str]) -> None:
        """Put files into the lake's bucket, by their keys."""
        form = "--format={{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}"
        address = self._podman.run("inspect", form, self.container("objects")).strip()
        s3 = boto3.client(
            "s3",
            endpoint_url=f"http://{address}:8333",
            aws_access_key_id="lorechat",
            aws_secret_access_key=_PASSWORD,
            region_name="us-east-1",
        )
        for key, text in files.items():
            s3.put_object(Bucket="lorechat", Key=f"lake/{key}", Body=text.encode())

    def _after(self, name: str) -> set[str]:
        return set(self._services[name].get("depends_on", {}))

    def _state(self, service: str) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(
            self._podman.run("inspect", "--format={{json .State}}", self.container(service))
        )
        return found

    def _has_check(self, service: str) -> bool:
        return (
            self._podman.run("inspect", "--format={{json .Config.Healthcheck}}", self.container(service)).strip()
            != "null"
        )

    def _wait(self, service: str, condition: str) -> None:
        until = time.monotonic() + _PATIENCE
        while not self._holds(service, condition):
            assert time.monotonic() < until, f"{service} is not {condition}\n{self.state()}"
            time.sleep(0.5)

    def _holds(self, service: str, condition: str) -> bool:
        state = self._state(service)
        if condition == "service_completed_successfully":
            assert state["Status"] != "exited" or state["ExitCode"] == 0, self.state()
            return bool(state["Status"] == "exited")
        if condition == "service_healthy":  # podman leaves health checks to systemd, which not every machine has
            return self._podman.attempt("healthcheck", "run", self.container(service)).returncode == 0
        return bool(state["Status"] == "running")

    def _compose(self, *arguments: str, check: bool = True) -> None:
        podman = self._folder / "podman"  # the one whose storage the images are in
        podman.write_text(f'#!/bin/sh\nexec {" ".join(self._podman.command())} "$@"\n')
        podman.chmod(0o755)
        command = [
            str(podman_compose()), f"--podman-path={podman}", "--in-pod=false", f"--project-name={self._project}",
            "--podman-run-args=--timeout=1500", *arguments,
        ]  # fmt: skip
        done = subprocess.run(
            command, env=self._environment, cwd=self._folder, capture_output=True, text=True, timeout=600
        )
        assert not check or done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:] + self.state()


def seconds(duration: str) -> int:
    """A duration of Compose, as 90s, 2m or 1m30s, in seconds."""
    minutes, _, rest = duration.rpartition("m")
    return int(minutes or 0) * 60 + int(rest.removesuffix("s") or 0)


def _is_ours(service: Mapping[str, Any]) -> bool:
    return str(service["image"]).startswith("localhost/lorechat-")


def podman_compose() -> Path:
    """podman-compose in an environment of its own, below .venv; it is installed once."""
    place = ROOT / ".venv" / "podman-compose"
    program = place / "bin" / "podman-compose"
    if not program.exists():
        venv.create(place, with_pip=False, clear=True)
        pip = [sys.executable, "-m", "pip", "--python", str(place / "bin" / "python"), "install", "--quiet"]
        subprocess.run([*pip, _PODMAN_COMPOSE], check=True, timeout=300, cwd=ROOT)
    return program
