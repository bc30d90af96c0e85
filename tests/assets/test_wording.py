"""An address is recognised as itself and never as the beginning of another page's."""

from __future__ import annotations

import json

import pytest

from assets.erasure.wording import Wording

URL = "https://example.test/a"
SENTENCE = "The café of the lighthouse keeper closed in 1987."
WORDING = Wording([URL, "https://example.test/wiki/Light_(house)"], [SENTENCE])


@pytest.mark.parametrize(
    "text",
    [
        URL,
        f"see {URL}.",
        f"[there]({URL})",
        f"<{URL}>",
        f'{{"url": "{URL}"}}',
        json.dumps(URL).replace("/", "\\/"),
        f"{URL}#part:~:text=words",
        "([light](https://example.test/wiki/Light_(house)))",
        f"**{URL}**",
    ],
)
def test_an_address_is_found_wherever_it_stands(text: str) -> None:
    assert WORDING.names(text)
    assert WORDING.hits(text.encode()) == 1


@pytest.mark.parametrize("text", [f"{URL}b", f"{URL}/b", f"{URL}?b=1", f"{URL}.html", "https://example.test/", "x"])
def test_the_address_of_another_page_is_not_mistaken_for_it(text: str) -> None:
    assert not WORDING.tells(text)
    assert WORDING.hits(text.encode()) == 0


def test_a_sentence_is_found_plain_as_json_and_over_line_ends() -> None:
    assert WORDING.says(SENTENCE.replace(" of ", "\nof "))
    assert WORDING.hits(json.dumps({"text": SENTENCE}).encode()) == 1
    assert WORDING.hits(SENTENCE.encode()) == 1


def test_a_long_address_that_was_cut_off_in_a_preview_is_found() -> None:
    long = f"https://example.test/{'a' * 100}.html"
    assert Wording([long]).names(f"| {long[:90]}… |")


def test_a_bound_of_a_column_that_was_cut_off_is_found() -> None:
    long = f"https://example.test/{'a' * 100}.html"
    wording = Wording([long, URL])
    assert wording.begins(long[:64])
    assert wording.begins(URL)
    assert not wording.begins("https://example.test/other")
