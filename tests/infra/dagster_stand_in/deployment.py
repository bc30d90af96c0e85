"""Dagster's services as processes of this machine, each with the task definition and the role that the CDK wrote."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import dagster as dg
import httpx

from orchestration.settings import PROJECT, PipelineSettings
from tests.free_port import free_port
from tests.infra.conftest import Stage
from tests.infra.dagster_stand_in.agent import Agent, ecs_endpoint, metadata_endpoint
from tests.infra.dagster_stand_in.names import SERVICES, Names
from tests.ministack import Ministack, Principal
from tests.orchestration.dagster_server import RunningDagster
from tests.postgres import PostgresServer

_FILES = PROJECT / "infra" / "dagster" / "aws"
_FAMILY = "lorechat-prod_"


@dataclass(frozen=True)
class Deployment:
    """What the tests look at."""

    account: Ministack
    dagster: RunningDagster
    agent: Agent
    roles: Mapping[str, Principal]
    cluster: str
    bucket: str
    database: str
    daemon_task: str
    """The daemon's task definition."""

    @contextmanager
    def instance(self) -> Iterator[dg.DagsterInstance]:
        """Open the instance as the daemon has it."""
        before = dict(os.environ)
        os.environ.update(self.dagster.environment)
        try:
            with dg.DagsterInstance.get() as opened:
                yield opened
        finally:
            os.environ.clear()
            os.environ.update(before)

    def wait_for_end(self, source: str) -> None:
        """Wait until no run about the source goes on."""
        self.dagster.wait(f"end of {source}", lambda: self.dagster.ended(source, "build_source"), 400)

    def builds(self, source: str) -> list[dict[str, Any]]:
        """Return the runs that build a source, oldest first, without those that follow changes by themselves."""
        return [run for run in self.dagster.runs(source) if run["jobName"] == "build_source"]

    def definition(self, arn: str) -> dict[str, Any]:
        """Return a task definition."""
        found: dict[str, Any] = self.account.client("ecs").describe_task_definition(taskDefinition=arn)
        return dict(found["taskDefinition"])

    def keys(self, prefix: str) -> list[str]:
        """Return the keys of the bucket of logs."""
        listed = self.account.client("s3").list_objects_v2(Bucket=self.bucket, Prefix=prefix)
        return [entry["Key"] for entry in listed.get("Contents", [])]

    def why(self, run_id: str) -> str:
        """Return what the events of a run say."""
        with self.instance() as instance:
            return "\n".join(entry.message for entry in instance.all_logs(run_id))


@contextmanager
def deployment(
    stage: Stage, account: Ministack, postgres: PostgresServer, models: Path, folder: Path
) -> Iterator[Deployment]:
    """Start everything, and end it with the block."""
    database = postgres.create()
    names = Names(stage, account)
    local = _local(folder, database, models)
    with ExitStack() as stack:
        definitions = {name: names.register(name, local) for name in SERVICES}
        running = names.start(definitions["daemon"])
        endpoint = stack.enter_context(metadata_endpoint(names.cluster_arn, running, "daemon"))
        agent = Agent(account, names.cluster_arn, _FAMILY, names.machine("daemon"), _made(folder / "printed"))
        stack.enter_context(agent)
        ecs = stack.enter_context(ecs_endpoint(account, agent))
        environments = {
            name: names.environment(name, local)
            | {"ECS_CONTAINER_METADATA_URI_V4": endpoint, "AWS_ENDPOINT_URL_ECS": ecs}
            for name in SERVICES
        }
        _upgrade(names.command("prepare", local), environments["daemon"])
        processes = [
            stack.enter_context(_process(names.command(name, local), environments[name], folder / f"{name}.log"))
            for name in SERVICES
        ]
        settings = PipelineSettings(
            home=folder / "home",
            sources=folder / "sources",
            models=models,
            dagster_port=int(local["webserver port"]),
        )
        dagster = RunningDagster(settings, processes, environments["daemon"])
        dagster.wait("webserver", lambda: httpx.get(f"{dagster.address}/server_info").is_success)
        yield Deployment(
            account=account,
            dagster=dagster,
            agent=agent,
            roles=names.roles,
            cluster=names.cluster_arn,
            bucket=names.bucket,
            database=database,
            daemon_task=definitions["daemon"],
        )


def _local(folder: Path, database: str, models: Path) -> dict[str, str]:
    """Return the variables whose values are this machine's, in capitals, and what commands need beside them."""
    host, _, name = database.partition("@")[2].partition("/")
    address, _, port = host.partition(":")
    home = _made(folder / "instance")
    for file in _FILES.iterdir():
        shutil.copy(file, home)
    return {
        "PGHOST": address,
        "PGPORT": port,
        "PGDATABASE": name,
        "PGSSLMODE": "disable",
        "DAGSTER_HOME": str(home),
        "LORECHAT_HOME": str(_made(folder / "home")),
        "LORECHAT_LAKE": "",
        "LORECHAT_VECTOR_STORE": "",
        "LORECHAT_MODELS": str(models),
        "LORECHAT_SOURCES": str(_made(folder / "sources")),
        "LORECHAT_WORKER_FUNCTION": "",
        "LORECHAT_WORKER_CLUSTER": "",
        "LORECHAT_CODE_HOST": "127.0.0.1",
        "LORECHAT_CODE_PORT": str(free_port()),
        "webserver port": str(free_port()),
    }


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _upgrade(command: list[str], environment: Mapping[str, str]) -> None:
    done = subprocess.run(command, env=environment, cwd=PROJECT, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr


@contextmanager
def _process(command: list[str], environment: Mapping[str, str], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, env=environment, cwd=PROJECT, stdout=output, stderr=output, start_new_session=True
        )
    try:
        yield process
    finally:
        os.killpg(process.pid, signal.SIGKILL)  # nothing that it knows outlives the test
        process.wait()
