"""A webserver and a daemon as a laptop run has them, with a home of their own, asked over GraphQL."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import httpx
import yaml

from data_contracts.source import Source
from orchestration.materialize import open_instance
from orchestration.partitions import PARTITIONS
from orchestration.pools import set_pool_limits
from orchestration.settings import PROJECT, PipelineSettings
from tests.free_port import free_port

Found = TypeVar("Found")

LOCATION = {"repositoryLocationName": "lorechat", "repositoryName": "__repository__"}
ENDED = {"SUCCESS", "FAILURE", "CANCELED"}

RUNS = """
query Runs($filter: RunsFilter!) { runsOrError(filter: $filter) { ... on Runs { results {
  runId jobName status startTime endTime tags { key value } assetSelection { path } } } } }"""
LAUNCH = """
mutation Launch($params: ExecutionParams!) { launchRun(executionParams: $params) {
  __typename ... on LaunchRunSuccess { run { runId } } ... on PythonError { message stack } } }"""
BACKFILL = """
mutation Backfill($params: LaunchBackfillParams!) {
  launchPartitionBackfill(backfillParams: $params) { __typename ... on LaunchBackfillSuccess { backfillId } } }"""
BACKFILL_STATUS = """
query Status($id: String!) { partitionBackfillOrError(backfillId: $id) { ... on PartitionBackfill { status } } }"""
SET_CURSOR = """
mutation Set($sensor: SensorSelector!, $cursor: String) {
  setSensorCursor(sensorSelector: $sensor, cursor: $cursor) { __typename } }"""
TICKS = """
query Ticks($sensor: SensorSelector!) { sensorOrError(sensorSelector: $sensor) { ... on Sensor {
  sensorState { status typeSpecificData { ... on SensorData { lastCursor } } ticks(limit: 50) {
    status timestamp endTimestamp skipReason } } } } }"""


class RunningDagster:
    """Both servers of a home; `settings` and `environment` are what a command of that home would have."""

    def __init__(
        self, settings: PipelineSettings, processes: list[subprocess.Popen[bytes]], environment: dict[str, str]
    ) -> None:
        self.settings = settings
        self.address = f"http://127.0.0.1:{settings.dagster_port}"
        self.environment = environment
        self._processes = processes

    def ask(self, query: str, **variables: object) -> Any:
        """Ask GraphQL and return its data."""
        body = {"query": query, "variables": variables}
        answer = httpx.post(f"{self.address}/graphql", json=body, timeout=60)
        assert answer.is_success, answer.text
        said = answer.json()
        assert "errors" not in said, said
        return said["data"]

    def wait(self, what: str, look: Callable[[], Found], seconds: float = 600) -> Found:
        """Look until there is something, and return it."""
        deadline = time.monotonic() + seconds
        while True:
            assert all(process.poll() is None for process in self._processes), "a server ended"
            try:
                found = look()
            except httpx.TransportError:
                found = None  # the server is starting
            if found:
                return found
            if time.monotonic() > deadline:
                raise TimeoutError(f"no {what} within {seconds} s")
            time.sleep(0.3)

    def command(self, *arguments: str) -> str:
        """Run `lorechat` in this home and return what it prints."""
        command = [str(Path(sys.executable).with_name("lorechat")), *arguments]
        done = subprocess.run(command, env=self.environment, capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def drop(self, source: Source) -> None:
        """Put a source's file into the drop folder of the lake, as a person would."""
        content = source.model_dump(mode="json", exclude_defaults=True)
        self.settings.catalog().dropped.write(f"{source.name}.yaml", yaml.safe_dump(content).encode())

    def partitions(self) -> set[str]:
        """The sources that Dagster knows."""
        with open_instance(self.settings) as instance:
            return set(instance.get_dynamic_partitions(PARTITIONS))

    def runs(self, source: str, **more: str) -> list[dict[str, Any]]:
        """The runs about a source, oldest first, with their tags as a dictionary."""
        tags = [{"key": "dagster/partition", "value": source}, *({"key": k, "value": v} for k, v in more.items())]
        found = self.ask(RUNS, filter={"tags": tags})["runsOrError"]["results"]
        for run in found:
            run["tags"] = {tag["key"]: tag["value"] for tag in run["tags"]}
        return found[::-1]

    def ended(self, source: str, job: str) -> list[dict[str, Any]]:
        """The runs of a job about a source, once there are some and none goes on."""
        runs = [run for run in self.runs(source) if run["jobName"] == job]
        return runs if runs and all(run["status"] in ENDED for run in runs) else []

    def launch(self, source: str, job: str, *assets: str, tags: dict[str, str] | None = None) -> str:
        """Launch a job for a source, or some assets of it, with further tags, and return the run's id."""
        selector = {**LOCATION, "jobName": job}
        chosen = {"assetSelection": [{"path": [asset]} for asset in assets]} if assets else {}
        all_tags = {"dagster/partition": source, **(tags or {})}
        told = {"tags": [{"key": key, "value": value} for key, value in all_tags.items()]}
        params = {"selector": {**selector, **chosen}, "runConfigData": {}, "executionMetadata": told}
        launched = self.ask(LAUNCH, params=params)["launchRun"]
        assert launched["__typename"] == "LaunchRunSuccess", launched
        return str(launched["run"]["runId"])

    def backfill(self, sources: list[str], assets: tuple[str, ...]) -> str:
        """Launch a backfill as the UI does, wait for its end and return its status."""
        params = {"partitionNames": sources, "assetSelection": [{"path": [asset]} for asset in assets]}
        launched = self.ask(BACKFILL, params=params)["launchPartitionBackfill"]
        assert launched["__typename"] == "LaunchBackfillSuccess", launched

        def status() -> str:
            return str(self.ask(BACKFILL_STATUS, id=launched["backfillId"])["partitionBackfillOrError"]["status"])

        return self.wait("end of the backfill", lambda: (now := status()) not in ("REQUESTED", "COMPLETING") and now)

    def sensor(self, name: str) -> dict[str, Any]:
        """A sensor's state: status, cursor, ticks from new to old."""
        state: dict[str, Any] = self.ask(TICKS, sensor={**LOCATION, "sensorName": name})["sensorOrError"]["sensorState"]
        return state

    def set_cursor(self, name: str, cursor: str) -> None:
        """Set a sensor's cursor, as an operator may."""
        self.ask(SET_CURSOR, sensor={**LOCATION, "sensorName": name}, cursor=cursor)

    def wait_ticks(self, name: str, count: int) -> None:
        """Wait until a sensor has looked so many times, from beginning to end, after now."""
        now = time.time()

        def looked() -> bool:
            ticks = self.sensor(name)["ticks"]
            return sum(tick["timestamp"] > now and tick["endTimestamp"] is not None for tick in ticks) >= count

        self.wait(f"{count} ticks of {name}", looked)


@contextmanager
def running_dagster(folder: Path, models: Path, **lake: str) -> Iterator[RunningDagster]:
    """Run both servers for a new home in a folder; `lake` are settings of a lake that lies elsewhere."""
    home, sources = folder / "home", folder / "sources"
    settings = PipelineSettings(home=home, sources=sources, models=models, dagster_port=free_port(), **lake)  # type: ignore[arg-type]  # texts
    sources.mkdir(parents=True)
    with open_instance(settings) as instance:
        set_pool_limits(instance)
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("LORECHAT_")},
        "DAGSTER_HOME": str(settings.dagster_home),
        "LORECHAT_HOME": str(home),
        "LORECHAT_SOURCES": str(sources),
        "LORECHAT_MODELS": str(models),
        **{f"LORECHAT_{name.upper().removesuffix('_URL')}": value for name, value in lake.items()},
    }
    with (home / "log").open("wb") as log:
        processes = [
            subprocess.Popen(command, env=environment, stdout=log, stderr=log, start_new_session=True)
            for command in _commands(str(settings.dagster_port))
        ]
    try:
        dagster = RunningDagster(settings, processes, environment)
        dagster.wait("webserver", lambda: httpx.get(f"{dagster.address}/server_info").is_success)
        yield dagster
    finally:
        for process in processes:
            os.killpg(process.pid, signal.SIGTERM)
        for process in processes:
            process.wait(timeout=30)


def _commands(port: str) -> list[list[str]]:
    programs = Path(sys.executable).parent
    workspace = ["-w", str(PROJECT / "workspace.yaml")]
    return [
        [str(programs / "dagster-webserver"), *workspace, "-h", "127.0.0.1", "-p", port],
        [str(programs / "dagster-daemon"), "run", *workspace],
    ]
