"""What was erased is not fetched again, and its address is not written down again."""

from __future__ import annotations

from typing import Any

import pytest

from data_contracts.crawl_ledger import CRAWL_LEDGER
from data_contracts.erasure import WHOLE_SOURCE
from lake.erased import erased_urls, keep_out

pytestmark = pytest.mark.slow


@pytest.fixture
def site(web: Any) -> Any:
    moved = web.Reply(b"", 301, {"Location": "/person"})
    return web.serve(
        {
            "/": web.html("/person", "/old", "/copy", "/other"),
            "/person": web.html("/child", title="A person"),
            "/old": moved,
            "/copy": web.html(title="A person, printed", head='<link rel="canonical" href="/person">'),
            "/other": web.html(title="Another page"),
            "/child": web.html(title="A page that only the person's page links to"),
        }
    )


def test_an_erased_page_is_refused_counted_and_named_nowhere(web: Any, site: Any) -> None:
    lake, source = web.lake(), web.source(site)
    keep_out(lake, source.name, [f"{site.url}/person"])
    crawled = web.crawl(site, lake, source)
    assert site.asked["/person"] == 0
    assert crawled.report.counts["erased"] >= 1
    assert crawled.paths("fetched") == {"/", "/other"}
    assert crawled.rows["/old"]["target_url"] is None
    told = lake.scan(CRAWL_LEDGER).select("url", "target_url", "discovered_from", "reason").collect()
    assert not any(str(value).endswith("/person") for row in told.rows() for value in row)


def test_another_address_of_an_erased_page_stays_out_as_well(web: Any, site: Any) -> None:
    lake, source = web.lake(), web.source(site)
    keep_out(lake, source.name, [f"{site.url}/person"])
    web.crawl(site, lake, source)
    assert f"{site.url}/copy" not in set(web.versions(lake)["url"])


def test_a_page_that_was_let_in_again_is_fetched(web: Any, site: Any) -> None:
    lake, source = web.lake(), web.source(site)
    url = f"{site.url}/person"
    assert keep_out(lake, source.name, [url]) == 1
    assert keep_out(lake, source.name, [url]) == 0
    assert keep_out(lake, source.name, [url], is_out=False) == 1
    assert url not in erased_urls(lake, source.name)
    assert web.crawl(site, lake, source).verdict("/person") == "fetched"


def test_a_source_that_was_erased_as_a_whole_is_not_asked_for_anything(web: Any, site: Any) -> None:
    lake, source = web.lake(), web.source(site)
    keep_out(lake, source.name, [WHOLE_SOURCE])
    message, _ = web.crawl_in_vain(site, lake, source)
    assert "--let-in-again" in message
    assert not {path for path in site.asked if path != "/robots.txt"}
    assert web.versions(lake).is_empty()
