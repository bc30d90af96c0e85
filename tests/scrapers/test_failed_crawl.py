"""Sources that bring nothing: a clear message, and a ledger all the same."""

from __future__ import annotations

import socket
from typing import Any

import pytest

from data_contracts.crawl_ledger import CRAWLS
from scrapers.error import CrawlFailed

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def plain(web: Any) -> Any:
    return web.serve({"/": web.html(title="Home")})


def test_a_host_that_does_not_exist_is_named(web: Any, plain: Any) -> None:
    lake = web.lake()
    source = web.source(plain, start_urls=["http://no-such-host.invalid/"], politeness={"retries": 0})
    message, outcome = web.crawl_in_vain(plain, lake, source)
    assert "no such host: no-such-host.invalid" in message
    assert "Check that http://no-such-host.invalid/ opens in a browser" in message
    assert outcome.verdict("http://no-such-host.invalid/") == "error"
    assert lake.scan(CRAWLS).collect()["outcome"].to_list() == [message]


def test_a_site_that_only_reports_errors_says_so(web: Any) -> None:
    site = web.serve({})
    site.reply = lambda path: web.Reply(b"oops", 500)
    message, outcome = web.crawl_in_vain(site, web.lake(), web.source(site))
    assert "status 500" in message
    assert "known from before keep answering" in message
    assert outcome.verdict("/") == "error"


def test_a_site_whose_robots_txt_forbids_everything_says_so(web: Any) -> None:
    site = web.serve({"/": web.html(title="Home"), "/robots.txt": "User-agent: *\nDisallow: /\n"})
    message, outcome = web.crawl_in_vain(site, web.lake(), web.source(site, "/", "/other"))
    assert "robots.txt forbids" in message
    assert outcome.paths("robots") == {"/", "/other"}
    assert site.asked["/"] == 0


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_private_hosts_are_refused_by_name_and_by_number(web: Any, plain: Any, host: str) -> None:
    url = f"http://{host}:{plain.port}/"
    source = web.source(plain, start_urls=[url], allow_private_hosts=False)
    before = plain.asked.total()
    message, outcome = web.crawl_in_vain(plain, web.lake(), source)
    assert "allow_private_hosts: true" in message
    assert outcome.rows[url if host == "localhost" else "/"]["verdict"] == "private_address"
    assert plain.asked.total() == before


def test_a_port_where_nobody_listens_says_so(web: Any, plain: Any) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}/"
    message, _ = web.crawl_in_vain(plain, web.lake(), web.source(plain, start_urls=[url], politeness={"retries": 0}))
    assert "refuses connections" in message


def test_an_auth_variable_that_is_not_set_is_named(web: Any, plain: Any) -> None:
    source = web.source(plain, auth_headers={"Authorization": "TEST_SITE_TOKEN"})
    with pytest.raises(CrawlFailed, match="TEST_SITE_TOKEN"):
        web.crawl(plain, web.lake(), source)


def test_auth_headers_go_to_the_source_only(web: Any) -> None:
    other = web.serve({"/": web.html(title="Other")})
    site = web.serve({"/": web.html("/in", title="Home"), "/in": web.Reply(b"", 302, {"Location": other.url})})
    scope = {"hosts": [f"127.0.0.1:{site.port}"]}
    source = web.source(site, auth_headers={"X-Key": "TEST_SITE_KEY"}, scope=scope)
    outcome = web.crawl(site, web.lake(), source, {"TEST_SITE_KEY": "open sesame"})
    assert site.request_headers["/in"]["X-Key"] == "open sesame"
    assert outcome.verdict(f"{other.url}/") == "out_of_scope"
    assert not other.asked
