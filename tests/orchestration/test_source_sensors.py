"""Sources that come, are crawled by schedule, fail and go, while a webserver and a daemon run."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from data_contracts.page_version import PAGE_VERSIONS
from data_contracts.source import Source
from orchestration.error import BuildFailed
from orchestration.materialize import launch_and_follow

pytestmark = pytest.mark.slow

WEEKLY = "0 3 * * 1"
FOLLOWING = ["markdown", "chunks", "embeddings", "vector_index"]


def _followers(dagster: Any, name: str) -> list[str]:
    """The assets that ran by themselves, in order."""
    runs = [run for run in dagster.runs(name) if run["jobName"] not in ("build_source", "recrawl_source")]
    return [asset["path"][0] for run in runs for asset in run["assetSelection"]]


def test_a_source_lives_by_its_file_alone(dagster: Any, small_site: Any) -> None:
    dagster.drop(small_site.source("dropped", schedule=WEEKLY))
    [*_, first] = dagster.wait("first build", lambda: dagster.ended("dropped", "build_source"))
    assert (first["status"], first["tags"]["lorechat/source"]) == ("SUCCESS", "dropped")
    store = dagster.settings.store()
    release = store.live("dropped")
    assert release.pages == 7
    assert "dropped" in dagster.partitions()

    # Two weeks without a daemon: two Mondays were missed.
    key = f"dropped {WEEKLY}"
    dagster.wait(
        "schedule", lambda: key in (dagster.sensor("recrawl_schedules")["typeSpecificData"]["lastCursor"] or "")
    )
    long_ago = datetime.now(UTC) - timedelta(days=15)
    dagster.set_cursor("recrawl_schedules", json.dumps({key: long_ago.isoformat()}))
    [*_, recrawl] = dagster.wait("recrawl", lambda: dagster.ended("dropped", "recrawl_source"))
    assert (recrawl["status"], recrawl["tags"]["lorechat/source"]) == ("SUCCESS", "dropped")
    assert [asset["path"] for asset in recrawl["assetSelection"] or []] in ([["raw_html"]], [])
    dagster.wait_ticks("follow_changes", 2)
    assert _followers(dagster, "dropped") == []
    assert store.live("dropped").release_id == release.release_id
    runs = dagster.runs("dropped")
    asked = [run["jobName"] for run in runs if "dagster/parent_run_id" not in run["tags"]]  # the rest are retries
    assert asked == ["build_source", "recrawl_source"]

    small_site.pages["/bread.html"] = small_site.pages["/bread.html"].replace("haste", "too little water")
    dagster.launch("dropped", "recrawl_source")
    dagster.wait("new release", lambda: store.live("dropped").release_id != release.release_id, seconds=300)
    assert _followers(dagster, "dropped") == FOLLOWING

    dagster.settings.catalog().dropped.delete("dropped.yaml")
    dagster.wait("removal", lambda: "dropped" not in dagster.partitions())
    dagster.wait(  # the daemon takes the partition first and writes its tick down then
        "reason",
        lambda: any("gone: dropped" in (tick["skipReason"] or "") for tick in dagster.sensor("source_files")["ticks"]),
    )
    assert store.live("dropped").pages == 7
    assert dagster.settings.lake().scan(PAGE_VERSIONS, source="dropped").collect().height == 8


def test_a_failing_source_is_tried_again_and_then_seen_as_failed(dagster: Any) -> None:
    dead = {"start_urls": ["http://127.0.0.1:9/"], "allow_private_hosts": True, "politeness": {"retries": 0}}
    dagster.drop(Source.model_validate({"name": "dead", **dead}))
    dagster.settings.catalog().dropped.write("broken.yaml", b"name: [")
    runs = dagster.wait("three runs", lambda: len(found := dagster.ended("dead", "build_source")) == 3 and found)
    assert [run["status"] for run in runs] == ["FAILURE"] * 3
    told = dagster.command("status", "dead")
    assert "dead: build_source failure" in told
    assert "127.0.0.1:9 refuses connections" in told
    with pytest.raises(BuildFailed, match=r"dead was not built.*raw_html: .*127\.0\.0\.1:9"):
        list(launch_and_follow(dagster.settings, "dead"))
    assert "broken" not in dagster.partitions()
    assert any("broken.yaml" in (tick["skipReason"] or "") for tick in dagster.sensor("source_files")["ticks"])
