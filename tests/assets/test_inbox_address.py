"""Which address a saved HTML file gets: the page's own word in scope, else its path."""

from __future__ import annotations

import pytest

from assets.stages.inbox_address import file_address
from data_contracts.source import Source
from scrapers.scope import ScopeRules

SITE = Source(name="docs", start_urls=("https://docs.test/guide/intro.html", "http://127.0.0.1:8000/"))
NO_SITE = Source(name="notes", inbox=True)
NO_START = Source.model_validate({"name": "notes", "inbox": True, "scope": {"hosts": ["docs.test"]}})
CANONICAL = '<link rel="canonical" href="{}">'
SAVED = "<!-- saved from url=(0030){} -->\n<html>"
BASE = '<base href="{}">'


def address(source: Source, key: str, head: str = "") -> str | None:
    return file_address(source, ScopeRules(source), key, f"{head}<p>Text".encode())


@pytest.mark.parametrize(
    ("key", "url"),
    [
        ("moor.html", "https://docs.test/guide/moor.html"),
        ("ropes/knots.htm", "https://docs.test/guide/ropes/knots.htm"),
        ("docs.test/moor.html", "https://docs.test/moor.html"),
        ("127.0.0.1:8000/moor.html", "http://127.0.0.1:8000/moor.html"),
        ("elsewhere.test/moor.html", "https://docs.test/guide/elsewhere.test/moor.html"),
        ("index.html", "https://docs.test/guide/"),
        ("docs.test/index.html", "https://docs.test/"),
        ("docs.test/a/INDEX.HTM", "https://docs.test/a/"),
        ("myindex.html", "https://docs.test/guide/myindex.html"),
        ("packed.html.gz", "https://docs.test/guide/packed.html"),
        ("two words?.html", "https://docs.test/guide/two%20words%3F.html"),
        ("a:b.html", "https://docs.test/guide/a:b.html"),
    ],
)
def test_a_path_becomes_an_address(key: str, url: str) -> None:
    assert address(SITE, key) == url


@pytest.mark.parametrize(
    ("head", "url"),
    [
        (CANONICAL.format("https://docs.test/c"), "https://docs.test/c"),
        (CANONICAL.format("/c"), "https://docs.test/c"),
        (CANONICAL.format("c") + BASE.format("https://docs.test/b/"), "https://docs.test/b/c"),
        (CANONICAL.format("https://elsewhere.test/c"), "https://docs.test/guide/f.html"),
        (CANONICAL.format("mailto:c"), "https://docs.test/guide/f.html"),
        (SAVED.format("https://docs.test/s?utm_source=x"), "https://docs.test/s"),
        (SAVED.format("https://docs.test/s") + CANONICAL.format("https://docs.test/c"), "https://docs.test/c"),
        (SAVED.format("https://elsewhere.test/s"), "https://docs.test/guide/f.html"),
        (BASE.format("https://docs.test/"), "https://docs.test/f.html"),
        (BASE.format("https://docs.test/page"), "https://docs.test/page"),
        (BASE.format("/"), "https://docs.test/guide/f.html"),
        (BASE.format("https://elsewhere.test/"), "https://docs.test/guide/f.html"),
    ],
)
def test_the_pages_own_word_counts_when_it_is_an_address_of_the_source(head: str, url: str) -> None:
    assert address(SITE, "f.html", head) == url


def test_without_a_start_url_the_first_host_stands_in() -> None:
    assert address(NO_START, "a/moor.html") == "https://docs.test/a/moor.html"


def test_without_any_host_only_the_pages_own_word_gives_an_address() -> None:
    assert address(NO_SITE, "docs.test/moor.html") is None
    assert address(NO_SITE, "moor.html", SAVED.format("https://any.test/moor")) == "https://any.test/moor"
