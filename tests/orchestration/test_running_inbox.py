"""Files dropped into the inbox of a folder and of a bucket, with a running daemon that notices them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from data_contracts.page_version import PAGE_VERSIONS
from data_contracts.quarantine import QUARANTINE
from data_contracts.source import Source
from tests.conftest import topic_page
from tests.orchestration.dagster_server import running_dagster

pytestmark = pytest.mark.slow


def lines(*rows: dict[str, Any]) -> bytes:
    return "".join(json.dumps(row) + "\n" for row in rows).encode()


def test_a_drop_is_noticed_read_and_published_without_asking_the_site(dagster: Any, small_site: Any) -> None:
    crawled = small_site.source("mixed")
    dagster.drop(crawled.model_copy(update={"inbox": True}))
    dagster.wait("first build", lambda: dagster.ended("mixed", "build_source"))
    store, objects = dagster.settings.store(), dagster.settings.objects()
    assert store.live("mixed").pages == 7
    asked = small_site.asked.total()

    host = small_site.url.removeprefix("http://")
    objects.write(f"inbox/mixed/{host}/pottery.html", topic_page("pottery").encode())
    rows = {"url": f"{small_site.url}/weaving.html", "content": topic_page("weaving")}
    objects.write("inbox/mixed/crawl.jsonl", lines(rows) + b"{broken\n")
    [run] = dagster.wait("run of the inbox", lambda: _inbox_runs(dagster, "mixed"))
    assert run["status"] == "SUCCESS"
    assert store.live("mixed").pages == 9
    assert small_site.asked.total() == asked
    lake = dagster.settings.lake()
    [reason] = lake.scan(QUARANTINE, source="mixed").collect()["reason"]
    assert "inbox/mixed/crawl.jsonl, line 2" in reason
    exported = [key.key for key in objects.files("processed/mixed")]
    assert len([line for key in exported for line in objects.read(key).splitlines()]) == 9
    assert "nothing new in the inbox" in {tick["skipReason"] for tick in dagster.sensor("inbox")["ticks"]}


def test_a_drop_into_a_bucket_is_a_source_of_its_own(
    tmp_path: Path, prepared_models: Path, s3_options: dict[str, str]
) -> None:
    bucket = {
        "lake_url": f"s3://lake/{tmp_path.name}",
        "s3_endpoint": s3_options["AWS_ENDPOINT_URL"],
        "s3_access_key_id": s3_options["AWS_ACCESS_KEY_ID"],
        "s3_secret_access_key": s3_options["AWS_SECRET_ACCESS_KEY"],
    }
    with running_dagster(tmp_path, prepared_models, **bucket) as dagster:
        objects, store = dagster.settings.objects(), dagster.settings.store()
        url = "https://pottery.test/{}"
        pages = [{"url": url.format(topic), "content": topic_page(topic)} for topic in ("clay", "kilns")]
        objects.write("inbox/pottery/crawl.jsonl", lines(*pages))
        dagster.drop(Source(name="pottery", inbox=True))
        dagster.wait("first build", lambda: dagster.ended("pottery", "build_source"))
        assert store.live("pottery").pages == 2

        gone = {"url": url.format("kilns"), "status": 410}
        objects.write("inbox/pottery/news.jsonl", lines(gone, {"url": url.format("glaze"), "content": "<p>Glaze"}))
        [run] = dagster.wait("run of the inbox", lambda: _inbox_runs(dagster, "pottery"))
        assert run["status"] == "SUCCESS"
        versions = dagster.settings.lake().scan(PAGE_VERSIONS, source="pottery").collect()["url"]
        assert sorted(versions) == [url.format(topic) for topic in ("clay", "glaze", "kilns")]
        assert {key.key.rsplit("-", 1)[0] for key in objects.files("processed/pottery")} == {
            "processed/pottery/000001",
            "processed/pottery/000002",
            "processed/pottery/removed/000003",
        }


def _inbox_runs(dagster: Any, source: str) -> list[dict[str, Any]]:
    """The runs that the inbox's sensor asked for, once there are some and none goes on."""
    return [run for run in dagster.ended(source, "build_source") if "lorechat/inbox_files" in run["tags"]]
