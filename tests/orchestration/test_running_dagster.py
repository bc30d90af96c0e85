"""A webserver and a daemon as a laptop run has them, asked to materialize and to backfill sources."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from data_contracts.source import Source
from orchestration.error import BuildFailed
from orchestration.materialize import launch_and_follow, open_instance
from orchestration.partitions import add_partitions
from orchestration.settings import PROJECT, PipelineSettings
from scrapers.source_file import write_source

pytestmark = pytest.mark.slow

ASSETS = ("raw_html", "markdown", "chunks", "embeddings", "vector_index")

BACKFILL = """
mutation Backfill($params: LaunchBackfillParams!) {
  launchPartitionBackfill(backfillParams: $params) { __typename ... on LaunchBackfillSuccess { backfillId } }
}"""
BACKFILL_STATUS = """
query Status($id: String!) { partitionBackfillOrError(backfillId: $id) { ... on PartitionBackfill { status } } }"""


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory, prepared_models: Path) -> PipelineSettings:
    folder = tmp_path_factory.mktemp("running-dagster")
    return PipelineSettings(
        home=folder / "home", sources=folder / "sources", models=prepared_models, dagster_port=_free_port()
    )


@pytest.fixture(scope="module")
def dagster(settings: PipelineSettings) -> Iterator[str]:
    """The address of a running webserver's GraphQL, with a daemon beside it."""
    with open_instance(settings):
        environment = {
            **os.environ,
            "DAGSTER_HOME": str(settings.dagster_home),
            "LORECHAT_HOME": str(settings.home),
            "LORECHAT_SOURCES": str(settings.sources),
            "LORECHAT_MODELS": str(settings.models_folder),
        }
    programs = Path(sys.executable).parent
    workspace = ["-w", str(PROJECT / "workspace.yaml")]
    port = str(settings.dagster_port)
    commands = [
        [str(programs / "dagster-webserver"), *workspace, "-h", "127.0.0.1", "-p", port],
        [str(programs / "dagster-daemon"), "run", *workspace],
    ]
    with (settings.home / "log").open("wb") as log:
        servers = [
            subprocess.Popen(command, env=environment, stdout=log, stderr=log, start_new_session=True)
            for command in commands
        ]
    address = f"http://127.0.0.1:{port}"
    try:
        _await(lambda: httpx.get(f"{address}/server_info").is_success, servers)
        yield f"{address}/graphql"
    finally:
        for server in servers:
            os.killpg(server.pid, signal.SIGTERM)
        for server in servers:
            server.wait(timeout=30)


def _await(is_true: Any, servers: list[subprocess.Popen[bytes]]) -> None:
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        assert all(server.poll() is None for server in servers)
        try:
            if is_true():
                return
        except httpx.TransportError:
            pass
        time.sleep(0.3)
    raise TimeoutError("Dagster's servers did not start")


def _ask(address: str, query: str, **variables: object) -> Any:
    answer = httpx.post(address, json={"query": query, "variables": variables}, timeout=60).raise_for_status().json()
    assert "errors" not in answer, answer
    return answer["data"]


def test_a_run_is_launched_followed_and_shown(settings: Any, dagster: str, small_site: Any) -> None:
    write_source(settings.sources, small_site.source("followed"))
    stages = {progress.stage for progress in launch_and_follow(settings, "followed")}
    assert stages >= {"crawl", "markdown", "chunks", "embeddings", "vector_index"}
    assert settings.store().live("followed").pages == 7


def test_a_failed_run_tells_the_failed_steps_own_words(settings: Any, dagster: str) -> None:
    dead = {"name": "dead", "start_urls": ["http://127.0.0.1:9/"], "allow_private_hosts": True}
    write_source(settings.sources, Source.model_validate({**dead, "politeness": {"retries": 0}}))
    with pytest.raises(BuildFailed, match=r"dead was not built.*raw_html: .*127\.0\.0\.1:9"):
        list(launch_and_follow(settings, "dead"))


def test_two_sources_are_backfilled_from_the_ui(settings: Any, dagster: str, small_site: Any) -> None:
    names = ["one", "two"]
    for name in names:
        write_source(settings.sources, small_site.source(name))
    with open_instance(settings) as instance:
        add_partitions(instance, names)
    params = {"partitionNames": names, "assetSelection": [{"path": [asset]} for asset in ASSETS]}
    launched = _ask(dagster, BACKFILL, params=params)["launchPartitionBackfill"]
    assert launched["__typename"] == "LaunchBackfillSuccess", launched
    deadline, status = time.monotonic() + 150, ""
    while status not in ("COMPLETED_SUCCESS", "COMPLETED_FAILED", "CANCELED", "FAILED") and time.monotonic() < deadline:
        time.sleep(1)
        status = _ask(dagster, BACKFILL_STATUS, id=launched["backfillId"])["partitionBackfillOrError"]["status"]
    assert status == "COMPLETED_SUCCESS"
    assert {name: settings.store().live(name).pages for name in names} == {"one": 7, "two": 7}


def test_without_a_running_dagster_it_says_so(settings: Any, small_site: Any) -> None:
    write_source(settings.sources, small_site.source("alone"))
    elsewhere = settings.model_copy(update={"dagster_port": _free_port()})
    with pytest.raises(BuildFailed, match="no Dagster answers on port"):
        list(launch_and_follow(elsewhere, "alone"))
