"""What a page says about itself, what its bytes are, and what a sitemap names."""

from __future__ import annotations

import gzip
from contextlib import suppress
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data_contracts.source import UrlRules
from scrapers.page import PageFacts, read_page
from scrapers.sitemap import Entry, SitemapError, read_sitemap
from scrapers.sniff import html_refusal


def _read(body: str, **about: str) -> PageFacts:
    return read_page(body.encode(), url="https://h.example/a/b", rules=UrlRules(), **about)


def test_links_are_canonical_distinct_and_in_order() -> None:
    page = '<a href="c#1">1</a><a href="/d">2</a><a href="./c">3</a><a href="#top">4</a><a href="">5</a><a>6</a>'
    page += '<map><area href="e"></map><iframe src="//o.example/f"></iframe><a rel="x NoFollow" href="g">7</a>'
    links = ("https://h.example/a/c", "https://h.example/d", "https://h.example/a/e", "https://o.example/f")
    assert _read(page).links == links


@pytest.mark.parametrize(
    ("head", "noindex", "nofollow"),
    [
        ('<meta name="robots" content="noindex">', True, False),
        ('<meta name="Robots" content="INDEX, NoFollow">', False, True),
        ('<meta name="robots" content="none">', True, True),
        ('<meta name="lorechat" content="noindex">', True, False),
        ('<meta name="googlebot" content="noindex">', False, False),
        ("", False, False),
    ],
)
def test_robots_directives_of_the_page_are_read(head: str, noindex: bool, nofollow: bool) -> None:
    facts = _read(f'{head}<a href="c">c</a>')
    assert (facts.noindex, facts.nofollow, facts.links == ()) == (noindex, nofollow, nofollow)


@pytest.mark.parametrize(
    ("header", "noindex"),
    [
        ("noindex", True),
        ("nofollow, noindex", True),
        ("otherbot: noindex", False),
        ("otherbot: noindex, nofollow", False),
        ("LoreChat: noindex", True),
        ("otherbot: nofollow, lorechat: noindex", True),
        ("unavailable_after: 25 Jun 2030 15:00:00 PST, noindex", True),
    ],
)
def test_robots_directives_of_the_header_are_read(header: str, noindex: bool) -> None:
    assert _read("<p>x", robots_header=header).noindex is noindex


@pytest.mark.parametrize(
    ("page", "header", "language"),
    [
        ("<html lang='en-US'>", "", "en"),
        ("<html xml:lang='de'>", "", "de"),
        ("<html><meta http-equiv='Content-Language' content='fr'>", "", "fr"),
        ("<html>", "pt-BR", "pt"),
        ("<html lang='it'>", "en", "it"),
        ("<html>", "en, fr", None),
        ("<html lang=''>", "", None),
    ],
)
def test_the_declared_language_is_read(page: str, header: str, language: str | None) -> None:
    assert _read(page, language_header=header).language == language


def test_canonical_links_and_quick_refreshes_are_read() -> None:
    assert _read('<link rel="Canonical" href="/c#x">').canonical == "https://h.example/c"
    assert _read('<meta http-equiv="Refresh" content="0;URL=\'c\'">').refresh == "https://h.example/a/c"
    stub = _read("<meta http-equiv='refresh' content='0; url=c'><p>Moved")
    assert (stub.refresh, stub.links) == (None, ("https://h.example/a/c",))
    assert _read('<meta http-equiv="refresh" content="600; url=c">').refresh is None
    assert _read('<meta http-equiv="refresh" content="5">').refresh is None


@given(st.binary(max_size=400), st.text(max_size=20), st.text(max_size=30))
def test_any_bytes_are_read(body: bytes, content_type: str, header: str) -> None:
    facts = read_page(body, url="https://h.example/", content_type=content_type, robots_header=header, rules=UrlRules())
    body.decode(facts.charset, "replace")


@pytest.mark.parametrize(
    ("body", "content_type", "is_html"),
    [
        (b"<!DOCTYPE html><p>x", "text/html", True),
        (b"\xef\xbb\xbf\n<!-- c --><html>", "text/html; charset=utf-8", True),
        (b"<?xml version='1.0'?><!DOCTYPE html><html>", "application/xhtml+xml", True),
        (b"<p>fragment", "text/html", True),
        (b"Hello <b>there</b>", "text/html", True),
        (b"Hello <b>there</b>", "", True),
        (b"<html><body>", "application/octet-stream", True),
        ("<html>ü".encode("utf-16"), "text/html", True),
        (b"Hello <b>there</b>", "text/plain", False),
        (b"plain words", "text/html", False),
        (b'{"a": "b"}', "text/html", False),
        (b"<svg xmlns='x'>", "image/svg+xml", False),
        (b"<?xml version='1.0'?><rss>", "text/html", False),
        (b"PK\x03\x04...", "text/html", False),
        (b"\x00\x01\x02<p>", "text/html", False),
        (b"  \n", "text/html", False),
    ],
)
def test_html_is_known_by_its_bytes(body: bytes, content_type: str, is_html: bool) -> None:
    assert (html_refusal(body, content_type) is None) is is_html


@given(st.binary(max_size=300), st.text(max_size=20))
def test_any_bytes_are_html_or_refused_with_a_reason(body: bytes, content_type: str) -> None:
    reason = html_refusal(body, content_type)
    assert reason is None or reason


URLSET = (
    b"<?xml version='1.0'?><urlset xmlns='http://www.sitemaps.org/schemas/sitemap/0.9'>"
    b"<url><loc> https://a/1 </loc></url></urlset>"
)


@pytest.mark.parametrize(
    ("body", "pages", "nested"),
    [
        (URLSET, ["https://a/1"], []),
        (gzip.compress(URLSET), ["https://a/1"], []),
        (b"<sitemapindex><sitemap><loc>https://a/s.xml.gz</loc></sitemap></sitemapindex>", [], ["https://a/s.xml.gz"]),
        (
            b"<rss><channel><link>https://a/</link><item><link>https://a/2</link></item></channel></rss>",
            ["https://a/2"],
            [],
        ),
        (b"<feed><entry><link href='https://a/3'/></entry></feed>", ["https://a/3"], []),
        (b"https://a/4\nhttps://a/5\n", ["https://a/4", "https://a/5"], []),
        (b"User-agent: *\nSitemap: https://a/s.xml\n", [], ["https://a/s.xml"]),
        (b"<urlset></urlset>", [], []),
    ],
)
def test_sitemaps_of_every_kind_are_read(body: bytes, pages: list[str], nested: list[str]) -> None:
    found, below = read_sitemap(body)
    assert ([entry.url for entry in found], below) == (pages, nested)


@pytest.mark.parametrize(
    ("written", "modified"),
    [
        ("2026-03-01T10:00:00+02:00", datetime(2026, 3, 1, 8, tzinfo=UTC)),
        ("2026-03-01", datetime(2026, 3, 1, tzinfo=UTC)),
        ("Sun, 01 Mar 2026 10:00:00 GMT", datetime(2026, 3, 1, 10, tzinfo=UTC)),
        ("yesterday", None),
        ("", None),
    ],
)
def test_a_sitemap_says_when_a_page_changed(written: str, modified: datetime | None) -> None:
    body = f"<urlset><url><lastmod>{written}</lastmod><loc>https://a/1</loc></url></urlset>".encode()
    assert read_sitemap(body) == ([Entry("https://a/1", modified)], [])


def test_a_sitemap_that_was_cut_off_is_read_as_far_as_it_goes() -> None:
    pages, _ = read_sitemap(b"<urlset><url><loc>https://a/1</loc></url><url><loc>https://a/2</loc><lastm")
    assert [entry.url for entry in pages] == ["https://a/1", "https://a/2"]


@pytest.mark.parametrize(
    "body", [b"<html><body>Not found", b"nothing", b"\x1f\x8bdamaged", b"", gzip.compress(b" " * 60_000_000)]
)
def test_what_is_no_sitemap_says_so(body: bytes) -> None:
    with pytest.raises(SitemapError):
        read_sitemap(body)


@given(st.binary(max_size=200))
def test_any_bytes_are_a_sitemap_or_a_clear_error(body: bytes) -> None:
    with suppress(SitemapError):
        pages, nested = read_sitemap(body)
        assert all(isinstance(url, str) for url in [*(entry.url for entry in pages), *nested])
