"""Sites without an end, and the limits that end their crawls."""

from __future__ import annotations

import gzip
import time
from typing import Any

import pytest

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def calendar(web: Any) -> Any:
    """Every month links to the next, for ever."""

    def month(site: Any, path: str) -> str:
        number = int(path.rsplit("=", 1)[-1])
        return str(web.html(f"/calendar?month={number + 1}", "/about", title=f"Month {number}"))

    return web.serve(
        {"/": web.html("/calendar?month=1", title="Home"), "/calendar": month, "/about": web.html(title="About")}
    )


def test_an_endless_calendar_is_recognised(web: Any, calendar: Any) -> None:
    outcome = web.crawl(calendar, web.lake(), web.source(calendar, limits={"chain": 12}))
    assert len(outcome.paths("fetched")) == 2 + 13
    assert outcome.paths("limit") == {"/calendar?month=14"}
    assert "looks endless, like a calendar" in outcome.reason("/calendar?month=14")
    assert "left out by limits" in outcome.report.outcome


def test_a_crawl_ends_at_the_page_limit_and_names_what_is_left(web: Any) -> None:
    links = [f"/page/{number}" for number in range(40)]
    pages = {link: web.html(*links, title=link) for link in links}
    site = web.serve({"/": web.html("/missing", *links, title="Home"), **pages})
    outcome = web.crawl(site, web.lake(), web.source(site, limits={"pages": 12}))
    assert len(outcome.paths("fetched")) == 12
    assert outcome.paths("fetched") == {"/", *links[:11]}
    assert outcome.paths("limit") == set(links[11:])
    assert "raise limits.pages" in outcome.reason(links[-1])
    assert sum(site.asked[link] for link in links) == 11


def test_pages_deeper_than_the_limit_are_named_and_not_fetched(web: Any) -> None:
    site = web.serve(
        {"/": web.html("/one", title="0"), "/one": web.html("/two", title="1"), "/two": web.html("/three", title="2")}
    )
    outcome = web.crawl(site, web.lake(), web.source(site, limits={"depth": 1}))
    assert outcome.paths("fetched") == {"/", "/one"}
    assert outcome.paths("too_deep") == {"/two"}


def test_scope_sitemaps_and_languages_choose_the_pages(web: Any) -> None:
    def urls(*paths: str) -> str:
        return "<urlset>" + "".join(f"<url><loc>{{site}}{path}</loc></url>" for path in paths) + "</urlset>"

    site = web.serve(
        {
            "/index.xml": "<sitemapindex><sitemap><loc>{site}/one.xml.gz</loc></sitemap>"
            "<sitemap><loc>{site}/lost.xml</loc></sitemap></sitemapindex>",
            "/one.xml.gz": lambda site, path: gzip.compress(
                urls("/docs/a", "/docs/b", "/docs/private/x", "/blog/").replace("{site}", site.url).encode()
            ),
            "/docs/a": web.html("/docs/c.txt", title="A", tag="<html lang='en-GB'>"),
            "/docs/b": web.html("/docs/only-from-german", title="B", tag="<html lang='de'>"),
            "/docs/c.txt": web.html(title="C"),
        }
    )
    scope = {"path_prefixes": ["/docs/"], "exclude": ["/private/"]}
    source = web.source(site, start_urls=[], sitemaps=[f"{site.url}/index.xml"], scope=scope, languages=["en"])
    outcome = web.crawl(site, web.lake(), source)
    assert outcome.paths("fetched") == {"/docs/a", "/docs/c.txt"}
    assert outcome.paths("language") == {"/docs/b"}
    assert outcome.paths("out_of_scope") == {"/docs/private/x", "/blog/"}
    assert outcome.paths("gone") == {"/lost.xml"}
    assert "sitemap" in outcome.reason("/lost.xml")
    assert "/docs/only-from-german" not in outcome.rows


def test_the_pace_that_robots_txt_asks_for_is_kept(web: Any) -> None:
    moments: list[float] = []

    def page(site: Any, path: str) -> str:
        moments.append(time.monotonic())
        return str(web.html("/1", "/2", "/3", title=path))

    robots = "User-agent: lorechat\nCrawl-delay: 0.6\nDisallow: /3\n"
    site = web.serve({"/": page, "/1": page, "/2": page, "/3": page, "/robots.txt": robots})
    outcome = web.crawl(site, web.lake(), web.source(site))
    assert outcome.paths("fetched") == {"/", "/1", "/2"}
    assert outcome.paths("robots") == {"/3"}
    assert moments[-1] - moments[0] > 2 * 0.25  # Scrapy varies a pause by half of it
