"""The sensor of drops: what came into the lake without a run is built into the index once, and not done twice."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from assets.stages.extraction import extract_documents
from assets.stages.inbox import ingest_inbox
from data_contracts.page_version import PAGE_VERSIONS
from data_contracts.source import Source
from lake import Lake, ObjectFolder
from orchestration.definitions import make_definitions
from orchestration.drop_sensor import drops
from orchestration.jobs import build_source
from orchestration.partitions import PARTITIONS
from orchestration.resources import make_flow
from orchestration.settings import PipelineSettings
from scrapers.source_file import write_source


class Drops:
    """Evaluates the sensor as the daemon does, and reads drops as the function does: without a run."""

    def __init__(self, home: Path, instance: dg.DagsterInstance) -> None:
        self.instance = instance
        self.cursor: str | None = None
        self.lake = Lake(str(home / "lake"))
        self.bucket = ObjectFolder(str(home / "bucket"))
        self.source = Source(name="docs", inbox=True)

    def drop(self, name: str, *, run_id: str | None = None) -> None:
        html = f"<main><h1>{name}</h1><p>What there is to say of {name} is said here, in a sentence or two.</p></main>"
        page = {"url": f"https://docs.example.test/{name}", "html": html}
        self.bucket.write(f"inbox/docs/{name}.jsonl", json.dumps(page).encode())
        ingest_inbox(self.source, self.lake, self.bucket, on_progress=lambda _: None, run_id=run_id, settle_seconds=0)
        extract_documents(self.source, self.lake, on_progress=lambda _: None)

    def tick(self) -> tuple[list[dg.RunRequest], str]:
        """The runs that a tick asks for, and what it says otherwise."""
        result = drops(dg.build_sensor_context(instance=self.instance, cursor=self.cursor))
        assert isinstance(result, dg.SensorResult)
        self.cursor = result.cursor
        skip = result.skip_reason.skip_message if isinstance(result.skip_reason, dg.SkipReason) else result.skip_reason
        return list(result.run_requests or []), skip or ""


@pytest.fixture
def dropped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, prepared_models: Path) -> Iterator[Drops]:
    monkeypatch.setenv("LORECHAT_HOME", str(tmp_path))
    monkeypatch.setenv("LORECHAT_SOURCES", str(tmp_path / "sources"))
    monkeypatch.setenv("LORECHAT_MODELS", str(prepared_models))
    with dg.DagsterInstance.ephemeral() as instance:
        found = Drops(tmp_path, instance)
        write_source(tmp_path / "sources", found.source)
        instance.add_dynamic_partitions(PARTITIONS, ["docs"])
        yield found


def test_a_lake_without_drops_asks_for_nothing(dropped: Drops) -> None:
    assert dropped.tick() == ([], "no new drops")


def test_new_drops_are_asked_for_once_and_the_site_is_left_alone(dropped: Drops) -> None:
    dropped.drop("mooring")
    dropped.drop("anchors")
    [request], _ = dropped.tick()
    assert request.partition_key == "docs"
    assert request.run_config == {"ops": {"raw_html": {"config": {"inbox_only": True}}}}
    assert request.tags["lorechat/drops"] == "2"
    assert dropped.tick() == ([], "no new drops")
    dropped.drop("fenders")
    [again], _ = dropped.tick()
    assert again.run_key != request.run_key
    assert again.tags["lorechat/drops"] == "1"


def test_drops_of_a_source_that_dagster_learns_of_later_are_not_missed(dropped: Drops) -> None:
    dropped.instance.delete_dynamic_partition(PARTITIONS, "docs")
    dropped.drop("mooring")
    assert dropped.tick() == ([], "no new drops")
    dropped.instance.add_dynamic_partitions(PARTITIONS, ["docs"])
    assert [request.partition_key for request in dropped.tick()[0]] == ["docs"]


def test_what_runs_bring_is_no_drop(dropped: Drops) -> None:
    dropped.drop("mooring", run_id="a-run")
    assert dropped.tick() == ([], "no new drops")


def test_a_source_that_is_busy_is_seen_to_when_its_run_has_ended(dropped: Drops) -> None:
    dropped.drop("mooring")
    run = dropped.instance.create_run_for_job(build_source_of(dropped), tags={"dagster/partition": "docs"})
    assert dropped.tick() == ([], "docs: 1 drops wait for the end of a run about it")
    assert dropped.tick() == ([], "docs: 1 drops wait for the end of a run about it")
    dropped.instance.report_run_canceled(run)
    assert len(dropped.tick()[0]) == 1


@pytest.mark.parametrize("cursor", ["", "not json", "[1]", json.dumps({"version": 1})])
def test_a_lost_cursor_costs_one_build(dropped: Drops, cursor: str) -> None:
    dropped.drop("mooring")
    first = dropped.tick()[0]
    dropped.cursor = cursor
    assert [request.run_key for request in dropped.tick()[0]] == [request.run_key for request in first]
    assert dropped.tick()[0] == []


def test_the_cursor_does_not_grow_with_drops(dropped: Drops) -> None:
    dropped.drop("mooring")
    dropped.tick()
    assert dropped.cursor is not None
    before = len(dropped.cursor)
    for name in ("anchors", "fenders", "ropes"):
        dropped.drop(name)
        dropped.tick()
    assert len(dropped.cursor) <= before + 4


@pytest.mark.slow
def test_the_run_releases_the_drop_and_does_nothing_of_it_twice(dropped: Drops) -> None:
    dropped.drop("mooring")
    pages = dropped.lake.scan(PAGE_VERSIONS).collect().height
    [request], _ = dropped.tick()
    assert request.partition_key is not None
    flow = make_flow(PipelineSettings())
    result = build_source_of(dropped).execute_in_process(
        instance=dropped.instance,
        partition_key=request.partition_key,
        run_config=request.run_config,
        resources={"flow": flow},
    )
    assert result.success
    shown: dict[str, Any] = {
        event.asset_key.to_user_string(): event.materialization.metadata  # type: ignore[union-attr] # these have one
        for event in result.get_asset_materialization_events()
    }
    assert shown["raw_html"]["rows added"].value == 0
    assert shown["markdown"]["rows added"].value == 0
    assert shown["markdown"]["rows skipped"].value == 1
    assert shown["chunks"]["rows added"].value == 1
    assert dropped.lake.scan(PAGE_VERSIONS).collect().height == pages
    assert flow.store.live("docs") is not None
    assert dropped.tick() == ([], "no new drops")


def build_source_of(dropped: Drops) -> Any:
    return make_definitions(make_flow(PipelineSettings())).resolve_job_def(build_source.name)
