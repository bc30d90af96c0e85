"""Which words find which passage."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from data_contracts.passage import Passage
from retrieval.lexical_index import LexicalIndex, LexicalWriter

Indexed = Callable[..., LexicalIndex]


@pytest.fixture
def indexed(make_passage: Callable[..., Passage], tmp_path: Path) -> Indexed:
    numbers = count()

    def index(*passages: str | Passage) -> LexicalIndex:
        folder = tmp_path / str(next(numbers))
        with LexicalWriter(folder) as writer:
            writer.append(make_passage(each) if isinstance(each, str) else each for each in passages)
        return LexicalIndex(folder)

    return index


def best(index: LexicalIndex, text: str) -> int | None:
    places, _ = index.search(text, 5)
    return int(places[0]) if len(places) else None


def test_an_inflected_word_finds_its_stem(indexed: Indexed) -> None:
    assert best(indexed("cats sleep", "the crawler was configured"), "configuring crawlers") == 1


@pytest.mark.parametrize(
    "name",
    ["--no-verify", "-x", "CONCURRENT_REQUESTS", "git.exe", "scrapy.Spider", "std::vector"],
)
def test_an_identifier_beats_its_parts(indexed: Indexed, name: str) -> None:
    parts = " ".join(part for part in name.replace("_", " ").replace("-", " ").replace(".", " ").split(":") if part)
    index = indexed(f"many words about {parts} {parts} and {parts}", f"set {name} to stop it now", "nothing here")
    assert best(index, name) == 1


def test_an_error_code_is_found(indexed: Indexed) -> None:
    index = indexed("borrowed values", "error[E0382]: use of moved value", "failed with 0x80070005 (ENOSPC)")
    assert [best(index, code) for code in ("E0382", "0x80070005", "enospc")] == [1, 2, 2]


def test_a_flag_is_found_in_code_and_beside_punctuation(indexed: Indexed) -> None:
    index = indexed("nothing", "`git commit --amend`, or not", "nothing more")
    assert best(index, "what does (--amend) do?") == 1


def test_words_of_headings_and_titles_count(indexed: Indexed, make_passage: Callable[..., Passage]) -> None:
    index = indexed(
        "one two three",
        make_passage("one two three", headings=("Guide", "Backups")),
        make_passage("one two three", title="Hosting"),
    )
    assert best(index, "backup") == 1
    assert best(index, "hosting") == 2


def test_accents_and_other_scripts_are_found(indexed: Indexed) -> None:
    index = indexed("das Café in Zürich", "설치 안내 문서", "установка пакета")
    assert [best(index, text) for text in ("cafe zurich", "설치", "Установка")] == [0, 1, 2]


def test_no_known_word_finds_nothing(indexed: Indexed) -> None:
    assert best(indexed("one", "two"), "seven") is None
    assert best(indexed(), "one") is None


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(max_size=200))
def test_any_text_can_be_asked(indexed: Indexed, text: str) -> None:
    places, scores = shared(indexed).search(text, 5)
    assert len(places) == len(scores) <= 5


_SHARED: list[LexicalIndex] = []


def shared(indexed: Indexed) -> LexicalIndex:
    if not _SHARED:
        _SHARED.append(indexed("a plain text", "another OR text", "+ - && || ! ( ) { } [ ] ^ ~ * ? : \\ /"))
    return _SHARED[0]
