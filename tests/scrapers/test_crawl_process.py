"""The crawl's process: what its parent hears, plainly and through Dagster Pipes."""

import json
import os
import signal
import subprocess
import sys
import time
from typing import Any

import dagster as dg
import pytest

from data_contracts.crawl_ledger import CRAWL_LEDGER
from data_contracts.progress import Progress
from lake.lake import Lake
from scrapers.crawl import crawl_command, crawl_environment, crawl_job, crawl_source
from scrapers.error import CrawlFailed
from scrapers.report import CrawlReport

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def site(web: Any) -> Any:
    return web.serve({"/": web.html("/a", title="Home"), "/a": web.html(title="A")})


def test_the_parent_hears_progress_and_a_report(web: Any, site: Any) -> None:
    heard: list[Progress] = []
    report = crawl_source(web.source(site), web.lake(), on_progress=heard.append, environment=os.environ)
    assert (heard[-1].stage, heard[-1].done, heard[-1].total) == ("crawl", 2, 2)
    assert heard[-1].counts == {"found": 2, "fetched": 2, "unchanged": 0, "failed": 0}
    assert (report.outcome, report.pages_present, report.pages_added) == ("finished", 2, 2)
    assert report.pages_per_second > 0
    assert report.peak_memory_bytes > 10_000_000
    assert CrawlReport.from_json(report.to_json()) == report


def test_a_lake_that_cannot_be_written_is_said(web: Any, site: Any, tmp_path: Any) -> None:
    (tmp_path / "occupied").write_text("a file, not a folder")
    with pytest.raises(CrawlFailed, match="LORECHAT_LAKE"):
        crawl_source(
            web.source(site), Lake(str(tmp_path / "occupied")), on_progress=lambda p: None, environment=os.environ
        )


def test_a_child_that_breaks_off_is_quoted(web: Any, site: Any) -> None:
    broken = {**os.environ, "PYTHONPATH": "", "PYTHONHOME": "/nowhere"}
    with pytest.raises(CrawlFailed, match="broke off with status 1") as caught:
        crawl_source(web.source(site), web.lake(), on_progress=lambda p: None, environment=broken)
    assert "it goes on where it was" in str(caught.value)


@pytest.mark.filterwarnings("ignore:AssetExecutionContext.run_id is deprecated")  # by Dagster's own client, as the next
@pytest.mark.filterwarnings("ignore:Function `PipesMessageReader.expected_writer_count` is currently in preview")
def test_the_same_process_reports_through_pipes(web: Any, site: Any) -> None:
    source, lake = web.source(site), web.lake()

    @dg.asset
    def raw_html(context: dg.AssetExecutionContext, pipes: dg.PipesSubprocessClient) -> dg.MaterializeResult[None]:
        done = pipes.run(
            context=context,
            command=crawl_command(),
            extras=crawl_job(source, lake),
            env=crawl_environment(source, lake, os.environ),
        )
        (message,) = done.get_custom_messages()
        report = CrawlReport.from_mapping(message["report"])
        return dg.MaterializeResult(metadata={"pages": report.pages_present})

    with dg.DagsterInstance.ephemeral() as instance:
        result = dg.materialize([raw_html], resources={"pipes": dg.PipesSubprocessClient()}, instance=instance)
    (event,) = result.asset_materializations_for_node("raw_html")
    assert event.metadata["pages"].value == 2
    assert lake.scan(CRAWL_LEDGER).collect().height == 2


PARENT = """
import json, os, subprocess, sys
from dagster_pipes import encode_param
from scrapers.crawl import crawl_command
context = {"extras": json.loads(sys.argv[1]), "asset_keys": ["raw_html"], "job_name": "job", "run_id": "r",
           "retry_number": 0, "code_version_by_asset_key": {"raw_html": None},
           "provenance_by_asset_key": {"raw_html": None}, "partition_key": None, "partition_key_range": None,
           "partition_time_window": None}
pipes = {"DAGSTER_PIPES_CONTEXT": encode_param({"data": context}),
         "DAGSTER_PIPES_MESSAGES": encode_param({"path": os.devnull})}
child = subprocess.Popen(crawl_command(), env={**os.environ, **pipes}, stdin=subprocess.DEVNULL)
print(child.pid, flush=True)
child.wait()
"""


def test_a_crawl_whose_run_was_killed_stops_by_itself(web: Any) -> None:
    def slow(site: Any, path: str) -> str:
        time.sleep(0.3)
        return str(web.html(f"/{int(path.strip('/') or 0) + 1}", title=path))

    class Endless(dict[str, Any]):
        def get(self, key: str, default: Any = None) -> Any:
            return default if key == "/robots.txt" else slow

    site = web.serve({})
    site.pages = Endless()
    lake = web.lake()
    job = crawl_job(web.source(site, politeness={"concurrency": 1}), lake)
    command = [sys.executable, "-c", PARENT, json.dumps(job)]
    environment = {**os.environ, **crawl_environment(web.source(site), lake, os.environ)}
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        crawl = int(parent.stdout.readline())
        _until(lambda: site.asked["/2"] > 0, seconds=30)
        parent.send_signal(signal.SIGKILL)
    _until(lambda: not _is_alive(crawl), seconds=15)


def _is_alive(pid: int) -> bool:
    """Whether a process runs; one that waits to be reaped does not."""
    state = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True).stdout.strip()
    return bool(state) and not state.startswith("Z")


def _until(happens: Any, *, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not happens():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.1)
