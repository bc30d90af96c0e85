"""Measures of documents from their columns, and damage told from oddity."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assets.steps.cleaning_error import CleaningError
from assets.steps.damage import damaged_characters, is_broken_table, refuse_damaged
from assets.steps.fingerprint import block_fingerprints
from assets.steps.measure import boilerplate_letters, letters, repeats
from data_contracts.document import DOCUMENTS


def documents(pages: dict[str, str]) -> pl.DataFrame:
    rows = [[block._asdict() for block in block_fingerprints(text)] for text in pages.values()]
    kinds = DOCUMENTS.schema.create_empty().select("url", "blocks").schema
    return pl.DataFrame({"url": list(pages), "blocks": rows}, kinds)


def essay(*subjects: str) -> str:
    return "\n\n".join(f"Whoever looks at {subject} for long sees that it is never the same." for subject in subjects)


def test_a_page_that_differs_in_one_of_many_paragraphs_repeats_the_first() -> None:
    weather = ("rain", "snow", "wind", "hail", "fog", "frost", "thunder", "drought", "mist", "dew")
    pages = {"/a": essay(*weather), "/b": essay(*weather[:-1], "heat"), "/c": essay("bread", "salt", "butter")}
    [(url, (other, share))] = repeats(documents(pages), frozenset()).items()
    assert (url, other) == ("/b", "/a")
    assert 0.8 <= share < 1


def test_what_recurs_makes_no_two_pages_the_same() -> None:
    frame = essay("rain", "snow", "wind", "hail", "fog", "frost", "thunder", "drought", "mist", "dew")
    pages = {name: f"{frame}\n\n{essay(name)}" for name in ("bread", "salt", "butter")}
    boilerplate = frozenset(block.hash for block in block_fingerprints(frame))
    assert len(repeats(documents(pages), frozenset())) == 2
    assert repeats(documents(pages), boilerplate) == {}


@given(st.lists(st.sampled_from(["rain", "snow", "wind", "hail", "fog"]), min_size=1, unique=True))
def test_a_copy_is_always_found_and_stands_for_nothing(subjects: list[str]) -> None:
    pages = {"/one": essay(*subjects), "/two": essay(*reversed(subjects)), "/three": "Label"}
    assert repeats(documents(pages), frozenset()) == {"/two": ("/one", 1.0)}


def test_letters_are_those_that_a_reader_sees() -> None:
    found = documents({"/a": "# Rain\n\nSee [the snow](https://example.test/a/very/long/address).", "/b": ""})
    assert found.select(letters()).to_series().to_list() == [len("Rain") + len("Seethesnow"), 0]


def test_letters_left_out_are_counted_by_their_ranges() -> None:
    blocks = [block._asdict() for block in block_fingerprints("Menu\n\nRain falls.")]
    assert boilerplate_letters(blocks, [(0, 4)]) == (4, 13)


@pytest.mark.parametrize("text", ["Grüße aus Köln", "Português: São João, ação", "Ísland og Ðórr", "naïve café"])
def test_letters_with_marks_are_no_damage(text: str) -> None:
    assert damaged_characters(text) == 0


@pytest.mark.parametrize("text", ["GrÃ¼Ãe", "donâ€™t", "caf\ufffd", "Ð\x9fÑ\x80"])
def test_text_that_was_decoded_wrongly_is_told(text: str) -> None:
    assert damaged_characters(text) > 0


def test_a_page_about_damage_is_a_page_and_a_damaged_one_is_none() -> None:
    refuse_damaged("Mojibake looks like Ã¼ or â€™ instead of the letters that were meant. " * 3)
    with pytest.raises(CleaningError, match="damaged_page"):
        refuse_damaged("Ã¼ber Ã¤ndern mÃ¶gen " * 10)


def test_a_table_is_broken_when_its_rows_do_not_fit_its_header() -> None:
    head = "| a | b | c |\n| --- | --- | --- |\n"
    assert not is_broken_table(head + "| 1 | 2 | 3 |\n| 1 \\| 2 | 2 | 3 |\n| 1 | 2 |")
    assert is_broken_table(head + "| 1 | 2 | 3 | 4 |\n| 1 | 2 | 3 | 4 |")
    assert not is_broken_table(head.strip())
