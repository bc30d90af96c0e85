"""A person's spelling of an address finds the URL that the crawls know."""

from __future__ import annotations

import polars as pl
import pytest

from lake.known_url import known_spelling, nearest_urls

KNOWN = pl.Series(
    [
        "https://docs.test/",
        "https://docs.test/guide/",
        "https://docs.test/guide/install.html",
        "https://docs.test/guide/instal.html",
        "https://docs.test/guide/caf%C3%A9",
        "https://docs.test/search?q=a",
        "https://other.test/guide/install.html",
    ]
)


@pytest.mark.parametrize(
    ("typed", "known"),
    [
        ("https://docs.test/guide/install.html", "https://docs.test/guide/install.html"),
        ("http://docs.test/guide/install.html", "https://docs.test/guide/install.html"),
        ("DOCS.test/guide/install.html", "https://docs.test/guide/install.html"),
        ("www.docs.test/guide/install.html#steps", "https://docs.test/guide/install.html"),
        ("https://docs.test/guide", "https://docs.test/guide/"),
        ("https://docs.test/guide/index.html", "https://docs.test/guide/"),
        ("docs.test", "https://docs.test/"),
        ("docs.test/guide/café", "https://docs.test/guide/caf%C3%A9"),
        ("docs.test/search?q=a", "https://docs.test/search?q=a"),
        ("docs.test/search", None),
        ("https://nowhere.test/guide/install.html", None),
        ("", None),
        ("http://[", None),
    ],
)
def test_spelling_makes_no_difference(typed: str, known: str | None) -> None:
    assert known_spelling(KNOWN, typed) == known


def test_the_nearest_urls_share_the_path_and_look_alike() -> None:
    assert nearest_urls(KNOWN, "https://docs.test/guide/intsall.html", 2) == [
        "https://docs.test/guide/install.html",
        "https://docs.test/guide/instal.html",
    ]
    assert len(nearest_urls(KNOWN, "https://docs.test/nothing/like/it", 3)) == 3
    assert nearest_urls(KNOWN.head(0), "https://docs.test/", 3) == []
