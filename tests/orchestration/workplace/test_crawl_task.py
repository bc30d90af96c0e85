"""A crawl as a task of ECS: it keeps what it has fetched when its place is taken, and another goes on."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import polars as pl
import pytest

from assets.error import WorkerFailed
from data_contracts.crawl_ledger import CRAWLS
from data_contracts.page_version import PAGE_VERSIONS
from data_contracts.source import Politeness, Source
from orchestration.workplace.remote_crew import RemoteCrew
from scrapers.report import CrawlReport
from scrapers.wishes import Wishes
from tests.orchestration.workplace.conftest import Site, Step
from tests.orchestration.workplace.slow_site import LET_THROUGH, PAGES, SlowSite

pytestmark = pytest.mark.slow


@pytest.fixture
def web() -> Iterator[SlowSite]:
    site = SlowSite()
    yield site
    site.end()


def crawl(site: Site, step: Step, source: Source, crew: RemoteCrew) -> CrawlReport:
    found: list[CrawlReport] = []
    result = step(
        lambda context: found.append(
            crew.crawl(context, source, site.account.lake(site.account.dagster), Wishes(run_id=context.run.run_id))
        )
    )
    assert result.success
    return found[0]


def test_a_crawl_that_spot_takes_keeps_its_pages_and_another_task_goes_on(
    site: Site, step: Step, web: SlowSite
) -> None:
    name = f"chain-{web.server.server_port}"
    source = Source(name=name, start_urls=(f"{web.address}/",), allow_private_hosts=True)
    kept: list[int] = []
    lake = site.account.lake()

    def take() -> None:
        [arn] = site.fargate.wait_for(1)
        assert web.reached.wait(180)
        site.fargate.take(arn)
        kept.append(lake.scan(PAGE_VERSIONS, source=name).select(pl.len()).collect().item())
        web.gate.set()

    taking = threading.Thread(target=take)
    taking.start()
    report = crawl(site, step, source, site.crew("ecs"))
    taking.join()
    assert kept == [LET_THROUGH]
    assert report.resumed
    assert report.pages_added + kept[0] == PAGES
    assert [request["capacityProviderStrategy"][0]["capacityProvider"] for request in site.fargate.requests] == [
        "FARGATE_SPOT",
        "FARGATE",
    ]
    assert lake.scan(PAGE_VERSIONS, source=name).collect().height == PAGES
    assert all(web.asked[f"/{number}"] == 1 for number in range(1, LET_THROUGH))
    [ended] = lake.scan(CRAWLS, source=name).select("run_id").collect()["run_id"].to_list()
    assert ended


def test_a_site_that_is_down_says_so(site: Site, step: Step) -> None:
    source = Source(
        name="nowhere",
        start_urls=("http://127.0.0.1:9/",),
        allow_private_hosts=True,
        politeness=Politeness(retries=0),
    )
    result = step(lambda context: site.crew("ecs").crawl(context, source, site.account.lake(), Wishes()))
    assert not result.success
    [failure] = [event for event in result.all_events if event.is_step_failure]
    assert "CrawlFailed" in str(failure.step_failure_data.error)
    assert WorkerFailed.__name__ in str(failure.step_failure_data.error)
