"""ETags, dates and sitemaps are hints: the bytes decide what changed."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from data_contracts.page_version import PAGE_VERSIONS

pytestmark = pytest.mark.slow


def _site(make: Any, *paths: str, **settings: object) -> Any:
    told = make({}, **settings)
    told.site.pages |= {path: told.site.topic_page(path) for path in paths}
    told.site.pages["/"] = told.site.page("Home", ("All", "All pages. " * 9), links=paths)
    return told


@pytest.fixture(scope="module")
def lies(recrawl: Any) -> Any:
    """A site whose ETags and dates lie, crawled, and crawled twice more after a new deployment of the same bytes."""
    told = _site(recrawl, "/redeployed", "/older", "/tomorrow", "/weak", "/plain", "/odd")
    how, site = told.site.how, told.site
    tomorrow = "Fri, 01 Jan 2100 00:00:00 GMT"
    site.behaviour["/redeployed"] = how(headers={"ETag": '"build-1"', "Last-Modified": "Mon, 05 Jan 2026 00:00:00 GMT"})
    site.behaviour["/older"] = how(headers={"ETag": '"build-1"', "Last-Modified": "Mon, 05 Jan 2026 00:00:00 GMT"})
    site.behaviour["/tomorrow"] = how(headers={"ETag": "", "Last-Modified": tomorrow})
    site.behaviour["/weak"] = how(headers={"ETag": 'W/"1"', "Last-Modified": ""})
    site.behaviour["/plain"] = how(headers={"ETag": "", "Last-Modified": ""})
    site.behaviour["/odd"] = how(status=304)
    told.first = told.crawl()
    for path in ("/redeployed", "/older"):
        site.behaviour[path] = how(headers={"ETag": '"build-2"', "Last-Modified": "Sun, 04 Jan 2026 00:00:00 GMT"})
    site.pages["/older"] = site.topic_page("with other bytes")
    del site.behaviour["/odd"]
    told.second = told.crawl()
    told.third, told.answered = told.crawl(), dict(site.answered)
    return told


def test_a_new_etag_and_date_over_the_same_bytes_are_no_change(lies: Any) -> None:
    assert lies.second.verdict("/redeployed") == "unchanged"
    assert lies.second.reason("/redeployed") == "the same bytes as the stored version"
    urls = lies.lake.scan(PAGE_VERSIONS).collect()["url"].to_list()
    assert urls.count(f"{lies.site.url}/redeployed") == 1


def test_other_bytes_are_a_change_though_their_date_went_back(lies: Any) -> None:
    assert lies.second.verdict("/older") == "fetched"


def test_the_newest_etag_is_asked_with(lies: Any) -> None:
    assert lies.answered["/redeployed", 304] == 1
    assert lies.answered["/older", 304] == 1


def test_either_hint_is_enough_and_without_one_the_page_is_read(lies: Any) -> None:
    assert lies.answered["/tomorrow", 304] == 1
    assert lies.answered["/weak", 304] == 1
    assert lies.answered["/plain", 200] == 1


def test_not_modified_to_a_plain_request_is_an_error(lies: Any) -> None:
    assert lies.first.verdict("/odd") == "error"
    assert "without a condition" in lies.first.reason("/odd")
    assert lies.second.verdict("/odd") == "fetched"


def test_other_reading_rules_read_every_page_once_more(recrawl: Any) -> None:
    told = _site(recrawl, "/a", "/b?x=1", urls={"drop_parameters": []})
    told.crawl()
    assert told.pages() == {"/", "/a", "/b?x=1"}
    told.change_settings(urls={"drop_parameters": ["x"]})
    told.site.pages["/b"] = told.site.topic_page("b without a parameter")
    outcome = told.crawl()
    assert not told.site.conditional.total()
    assert outcome.verdict("/b") == "fetched"
    outcome = told.crawl()
    assert told.site.conditional["/"] == 1
    assert outcome.rows["/b"]["discovered_from"] == f"{told.site.url}/"  # by links read anew from stored bytes
    told.change_settings(title="Another title", limits={"pages": 500}, schedule="0 3 * * 1")
    told.crawl()
    assert told.site.conditional["/"] == 1


def test_noindex_that_comes_with_not_modified_is_heard(recrawl: Any) -> None:
    told = _site(recrawl, "/secret", "/open")
    told.crawl()
    told.site.behaviour["/secret"] = told.site.how(headers={"X-Robots-Tag": "noindex"})
    outcome = told.crawl()
    assert told.site.answered["/secret", 304] == 1
    assert outcome.verdict("/secret") == "noindex"
    assert told.pages() == {"/", "/open"}


def test_a_newer_date_in_the_sitemap_has_the_page_read(recrawl: Any) -> None:
    told = _site(recrawl, "/old", "/news", "/future")
    told.change_settings(sitemaps=[f"{told.site.url}/sitemap.xml"])
    told.crawl()
    time.sleep(0.1)
    told.site.pages["/news"] = told.site.topic_page("news")
    told.site.behaviour["/news"] = told.site.how(headers={"ETag": '"never-changed"'})
    now = datetime.now(UTC)
    dates = {"/old": now - timedelta(days=9), "/news": now, "/future": now + timedelta(days=99)}
    entries = "".join(
        f"<url><loc>{told.site.url}{path}</loc><lastmod>{date.isoformat()}</lastmod></url>"
        for path, date in dates.items()
    )
    told.site.pages["/sitemap.xml"] = f"<urlset>{entries}</urlset>"
    outcome = told.crawl()
    assert [told.site.conditional[path] for path in dates] == [1, 0, 1]
    assert outcome.verdict("/news") == "fetched"
    assert outcome.paths("unchanged") == {"/", "/old", "/future"}
