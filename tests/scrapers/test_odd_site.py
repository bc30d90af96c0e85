"""One crawl over a site with every oddity, and what its ledger says about each."""

from __future__ import annotations

import gzip
import io
import zipfile
from collections.abc import Iterator
from typing import Any

import pytest

from lake import current_aliases, current_pages

pytestmark = pytest.mark.slow


def _zip() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("a.txt", "x" * 100_000)
    return buffer.getvalue()


def _endless() -> Iterator[bytes]:
    """300 MB of HTML, as a server sends it that does not know the length."""
    yield b"<!doctype html><html><body>"
    for _ in range(300):
        yield b"<p>more and more of it</p>" * 40_000


KOREAN = "<html lang=ko><head><title>안내서</title></head><body><p>이 문서는 설치 방법을 설명합니다.</p></body></html>"


@pytest.fixture(scope="module")
def odd(web: Any) -> Any:
    html, reply = web.html, web.Reply
    flaky: list[int] = []

    def flaky_page(site: Any, path: str) -> Any:
        flaky.append(1)
        return reply(b"slow down", 429, {"Retry-After": "1"}) if len(flaky) == 1 else html(title="at last")

    links = [
        *("/plain#part", "/plain?utm_source=mail", "/copy", "/folder/copy", "/canonical", "/canonical-elsewhere"),
        *("/circle-a", "/noindex", "/nofollow", "/header-noindex", "/moved", "/moved-away", "/moved-private", "/loop"),
        *(
            "/slash",
            "/refresh",
            "/stub",
            "/gone",
            "/missing",
            "/broken",
            "/flaky",
            "/huge",
            "/bomb",
            "/zip",
            "/pdf",
            "/empty",
        ),
        *("/korean", "/latin", "/secret/page", "/based/", "/feed", "http://169.254.169.254/latest/meta-data/"),
        *("http://other.example/", "mailto:a@example.com", "javascript:void(0)", "/a/a/a/a/a", "/vanished-canonical"),
    ]
    hidden = '<a rel="nofollow" href="/hidden">do not follow</a>'
    site = web.serve(
        {
            "/": html(*links, title="Home", text=hidden),
            "/robots.txt": reply(b"User-agent: *\nDisallow: /secret/\n", headers={"Content-Type": "text/plain"}),
            "/plain": html(title="Plain"),
            "/copy": html("relative", title="Twin"),
            "/folder/copy": html("relative", title="Twin"),
            "/relative": html(title="beside the first twin"),
            "/folder/relative": html(title="beside the second twin"),
            "/canonical": html("/only-from-alias", head='<link rel="canonical" href="/plain">', title="Alias of plain"),
            "/only-from-alias": html(title="only an alias links here"),
            "/canonical-elsewhere": html(head='<link rel="canonical" href="http://other.example/x">', title="Mine"),
            "/vanished-canonical": html(head='<link rel="canonical" href="/missing-too">', title="Names a lost page"),
            "/circle-a": html(head='<link rel="canonical" href="/circle-b">', title="A"),
            "/circle-b": html(head='<link rel="canonical" href="/circle-a">', title="B"),
            "/noindex": html("/from-noindex", head='<meta name="robots" content="noindex">'),
            "/from-noindex": html(title="linked from a page that is not indexed"),
            "/nofollow": html("/from-nofollow", head='<meta name="ROBOTS" content="NoFollow">', title="nofollow"),
            "/header-noindex": reply(
                html(title="h").encode(), headers={"X-Robots-Tag": "otherbot: noarchive, noindex"}
            ),
            "/moved": reply(b"", 301, {"Location": "/new-place"}),
            "/new-place": html(title="The new place"),
            "/moved-away": reply(b"", 302, {"Location": "http://other.example/away"}),
            "/moved-private": reply(b"", 302, {"Location": "http://169.254.169.254/secret"}),
            "/loop": reply(b"", 302, {"Location": "/loop"}),
            "/slash": reply(b"", 301, {"Location": "/slash?utm_medium=x"}),
            "/slash?utm_medium=x": html(title="behind its own other spelling"),
            "/refresh": '<html><meta http-equiv="refresh" content="0; url=/refreshed"><body></body></html>',
            "/stub": html(head='<meta http-equiv="refresh" content="0; url=/from-stub">', text="<p>It has moved.</p>"),
            "/from-stub": html(title="what a stub leads to"),
            "/refreshed": html(title="Refreshed"),
            "/gone": reply(b"gone", 410),
            "/broken": reply(b"oops", 500),
            "/flaky": flaky_page,
            "/huge": reply(stream=_endless),
            "/bomb": reply(gzip.compress(b"<html>" + b" " * 60_000_000), headers={"Content-Encoding": "gzip"}),
            "/zip": reply(_zip()),
            "/pdf": reply(b"%PDF-1.7 ...", headers={"Content-Type": "application/pdf"}),
            "/empty": reply(b""),
            "/korean": reply(KOREAN.encode("euc-kr")),
            "/latin": reply("<html><body><p>Café, déjà vu</p></body></html>".encode("latin-1")),
            "/secret/page": html(title="forbidden"),
            "/based/": html("child", head='<base href="/base/">', title="has a base"),
            "/base/child": html(title="child of a base"),
            "/feed": reply(b"<?xml version='1.0'?><rss/>", headers={"Content-Type": "application/rss+xml"}),
            "/a/a/a/a/a": html(title="a trap"),
        }
    )
    return web.crawl(site, web.lake(), web.source(site, limits={"page_bytes": 1_000_000}))


@pytest.mark.parametrize(
    ("path", "verdict", "reason"),
    [
        ("/", "fetched", "fetched"),
        ("/plain", "fetched", "fetched"),
        ("/copy", "fetched", "fetched"),
        ("/folder/copy", "duplicate_of", "the same bytes as"),
        ("/relative", "fetched", "fetched"),
        ("/folder/relative", "fetched", "fetched"),
        ("/canonical", "duplicate_of", "canonical URL"),
        ("/only-from-alias", "fetched", "fetched"),
        ("/canonical-elsewhere", "fetched", "fetched"),
        ("/vanished-canonical", "fetched", "fetched"),
        ("/missing-too", "gone", "404"),
        ("/circle-a", "duplicate_of", "canonical URL"),
        ("/circle-b", "fetched", "fetched"),
        ("/noindex", "noindex", "asks not to be indexed"),
        ("/from-noindex", "fetched", "fetched"),
        ("/nofollow", "fetched", "fetched"),
        ("/moved", "redirected", "/new-place"),
        ("/new-place", "fetched", "fetched"),
        ("/moved-away", "redirected", "other.example"),
        ("http://other.example/away", "out_of_scope", "not one of the source's"),
        ("/moved-private", "redirected", "169.254.169.254"),
        ("http://169.254.169.254/secret", "private_address", "link-local"),
        ("http://169.254.169.254/latest/meta-data/", "private_address", "link-local"),
        ("/loop", "error", "redirects to itself"),
        ("/slash", "fetched", "fetched"),
        ("/refresh", "redirected", "/refreshed"),
        ("/refreshed", "fetched", "fetched"),
        ("/stub", "fetched", "fetched"),
        ("/from-stub", "fetched", "fetched"),
        ("/gone", "gone", "410"),
        ("/missing", "gone", "404"),
        ("/broken", "error", "500"),
        ("/flaky", "fetched", "fetched"),
        ("/huge", "too_large", "1,000,000 bytes"),
        ("/bomb", "too_large", "1,000,000 bytes"),
        ("/zip", "not_html", "zip archive"),
        ("/pdf", "not_html", "PDF"),
        ("/empty", "not_html", "empty"),
        ("/korean", "fetched", "fetched"),
        ("/secret/page", "robots", "robots.txt"),
        ("http://other.example/", "out_of_scope", "not one of the source's"),
        ("/base/child", "fetched", "fetched"),
        ("/feed", "not_html", "XML"),
        ("/a/a/a/a/a", "limit", "trap"),
    ],
)
def test_every_url_has_its_verdict_and_reason(odd: Any, path: str, verdict: str, reason: str) -> None:
    assert (odd.verdict(path), reason in odd.reason(path)) == (verdict, True), odd.reason(path)


def test_a_url_seen_twice_has_one_row(odd: Any) -> None:
    assert not [path for path in odd.rows if "#" in path or "utm_source" in path or path.startswith("mailto")]


def test_links_that_must_not_be_followed_are_not(odd: Any) -> None:
    assert not {"/hidden", "/from-nofollow", "/based/child"} & set(odd.rows)
    assert odd.site.asked["/secret/page"] == 0


def test_a_page_too_large_is_cut_off_early(odd: Any) -> None:
    assert odd.site.sent_bytes["/huge"] < 20_000_000


def test_a_broken_page_is_tried_again(odd: Any) -> None:
    assert odd.site.asked["/broken"] == 2
    assert odd.site.asked["/flaky"] == 2


def test_redirects_and_duplicates_name_their_target(odd: Any) -> None:
    assert odd.rows["/moved"]["target_url"] == odd.site.url + "/new-place"
    aliases = dict(current_aliases(odd.lake, "test-site").collect().iter_rows())
    assert aliases[odd.site.url + "/folder/copy"] == odd.site.url + "/copy"
    assert aliases[odd.site.url + "/circle-a"] == odd.site.url + "/circle-b"


def test_each_page_is_stored_once_with_the_charset_that_reads_it(odd: Any, web: Any) -> None:
    versions = web.versions(odd.lake)
    charsets = dict(versions.select("url", "charset").iter_rows())
    assert charsets[odd.site.url + "/korean"] == "cp949"
    assert charsets[odd.site.url + "/latin"] == "cp1252"
    assert versions["body_hash"].n_unique() == versions.height
    assert set(versions["url"]) == set(current_pages(odd.lake, "test-site").collect()["url"])


def test_a_page_behind_another_spelling_keeps_its_own_url(odd: Any, web: Any) -> None:
    fetched = dict(web.versions(odd.lake).select("url", "fetched_url").iter_rows())
    assert fetched[odd.site.url + "/slash"].endswith("/slash?utm_medium=x")


def test_the_ledger_says_where_and_how_deep_a_page_was_found(odd: Any) -> None:
    assert odd.rows["/"]["discovered_from"] is None
    assert odd.rows["/new-place"]["discovered_from"] == odd.site.url + "/moved"
    assert odd.rows["/only-from-alias"]["depth"] == 2


def test_the_crawler_says_who_it_is_and_keeps_no_cookies(odd: Any) -> None:
    headers = odd.site.request_headers["/plain"]
    assert headers["User-Agent"].startswith("LoreChat/")
    assert "Cookie" not in headers
