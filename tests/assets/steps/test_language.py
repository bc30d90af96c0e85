"""Languages: the text decides where it can, the declaration where it cannot."""

from __future__ import annotations

import pytest

from assets.steps.clean import clean_page
from data_contracts.source import Selectors

GERMAN = "Das Seil wird im Uhrzeigersinn aufgeschossen und trocken aufgehängt, damit es bei Bedarf frei läuft. " * 3
ENGLISH = "The rope is coiled clockwise and hung up dry, so that it runs free whenever somebody needs it. " * 3
JAPANESE = "ロープは時計回りに巻いて乾いた場所に掛けておくと、必要なときにすぐに使うことができます。" * 3


@pytest.mark.parametrize(
    ("attributes", "text", "expected"),
    [
        ("lang=de", GERMAN, "de"),
        ("lang=en", GERMAN, "de"),
        ("", ENGLISH, "en"),
        ("lang=en-US", ENGLISH, "en"),
        ("", JAPANESE, "ja"),
        ("lang=pt_BR", "Sim.", "pt"),
        ("xml:lang=fr", "Oui.", "fr"),
        ("lang=x-default", "Ok.", "und"),
        ("", "1 2 3", "und"),
        ("lang=en", f"<pre>{'int main(void) { return 0; } ' * 40}</pre><p>A program.</p>", "en"),
    ],
)
def test_the_language_is_an_iso_639_1_code(attributes: str, text: str, expected: str) -> None:
    page = f"<html {attributes}><body><main><p>{text}</p></main></body></html>".encode()
    assert clean_page(page, url="https://e.example/", charset="utf-8", selectors=Selectors()).language == expected
