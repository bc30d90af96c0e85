"""A site that fails every third request takes no page away."""

from __future__ import annotations

import random
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest

from data_contracts.crawl_ledger import CRAWL_LEDGER
from scrapers.error import CrawlFailed

pytestmark = pytest.mark.slow

PATHS = tuple(f"/page-{number}" for number in range(60))


def _bad_weather(site: Any, seed: int) -> Callable[[str], Any]:
    """Nearly a third of all requests meet an error of the server, a closed connection or silence."""
    chance = random.Random(seed)
    faults = (site.how(status=500), site.how(status=503), site.how(closes=True), site.how(delay=1.5))
    return lambda path: chance.choice(faults) if chance.random() < 0.3 else None


def test_no_page_is_removed_by_a_faulty_network(recrawl: Any) -> None:
    told = recrawl({})
    told.site.pages |= {path: told.site.topic_page(path) for path in PATHS}
    told.site.pages["/"] = told.site.page("Home", ("All", "All pages. " * 9), links=PATHS)
    told.change_settings(politeness={"autothrottle": False, "retries": 0, "concurrency": 32})
    told.crawl()
    assert told.pages() == {"/", *PATHS}
    told.change_settings(limits={"page_seconds": 0.7})
    failed = 0
    for seed in range(4):
        told.site.weather = _bad_weather(told.site, seed)
        with suppress(CrawlFailed):  # robots.txt may be what fails: then nothing is seen at all
            failed += len(told.crawl().paths("error"))
        assert told.pages() == {"/", *PATHS}
    assert failed > 20
    verdicts = set(told.lake.scan(CRAWL_LEDGER).collect()["verdict"])
    assert verdicts == {"fetched", "unchanged", "error"}
    told.site.weather = lambda path: None
    told.change_settings(limits={})
    assert told.crawl().report.changes.unchanged == 61
