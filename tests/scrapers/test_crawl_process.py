"""The crawl's process: what its parent hears, plainly and through Dagster Pipes."""

import os
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
    def raw_html(context: dg.AssetExecutionContext, pipes: dg.PipesSubprocessClient) -> dg.MaterializeResult:
        done = pipes.run(
            context=context,
            command=crawl_command(),
            extras=crawl_job(source, lake),
            env=crawl_environment(source, lake, os.environ),
        )
        (message,) = done.get_custom_messages()
        report = CrawlReport(**message["report"])
        return dg.MaterializeResult(metadata={"pages": report.pages_present})

    with dg.DagsterInstance.ephemeral() as instance:
        result = dg.materialize([raw_html], resources={"pipes": dg.PipesSubprocessClient()}, instance=instance)
    (event,) = result.asset_materializations_for_node("raw_html")
    assert event.metadata["pages"].value == 2
    assert lake.scan(CRAWL_LEDGER).collect().height == 2
