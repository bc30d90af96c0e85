"""Titles: what the page is called, without the name of its site."""

from __future__ import annotations

import pytest

from assets.steps.clean import clean_page
from data_contracts.source import Selectors


@pytest.mark.parametrize(
    ("head", "body", "expected"),
    [
        ("<title>Knots | Harbour</title>", "<h1>Knots</h1>", "Knots"),
        ("<title>Knots - The Harbour Manual</title>", "<p>x</p>", "Knots"),
        ("<title>Harbour :: Knots</title><meta property=og:site_name content=Harbour>", "<p>x</p>", "Knots"),
        ("<title>Knots — Ropes — Harbour 1.2 documentation</title>", "<h1>Knots¶</h1>", "Knots"),
        ("<title>Read-only state: the C++ way</title>", "<p>x</p>", "Read-only state: the C++ way"),
        ("<title>Harbour</title><meta property=og:title content='Knots'>", "<h1>Welcome</h1><h1>Knots</h1>", "Knots"),
        ("<title></title>", "<h1>Only <code>heading</code></h1>", "Only heading"),
        ("", "<p>x</p>", ""),
        ("<title>|</title>", "<p>x</p>", "|"),
    ],
)
def test_the_title_is_what_the_page_is_called(head: str, body: str, expected: str) -> None:
    page = f"<html><head>{head}</head><body><main>{body}<p>text</p></main></body></html>".encode()
    assert clean_page(page, url="https://e.example/", charset="utf-8", selectors=Selectors()).title == expected
