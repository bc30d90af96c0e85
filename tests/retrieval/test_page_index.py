"""Passages by page, whatever order they were written in, and the words that a page holds together."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from data_contracts.passage import Passage
from retrieval.page_index import PageIndex, PageKeyWriter, write_page_words
from retrieval.passage_file import PassageFile, PassageWriter

Indexed = Callable[..., PageIndex]


@pytest.fixture
def passages(make_passage: Callable[..., Passage]) -> list[Passage]:
    bodies = {"a": ("red apples", "green pears"), "b": ("red wine", "white bread"), "c": ("nothing",)}
    return [
        replace(make_passage(body), url=f"https://site.test/{page}", start=10 * at, chunk_id=f"{page}{at}")
        for page, parts in bodies.items()
        for at, body in enumerate(parts)
    ]


@pytest.fixture
def indexed(tmp_path: Path) -> Indexed:
    def index(name: str, passages: list[Passage], *, words: bool = True) -> PageIndex:
        folder = tmp_path / name
        folder.mkdir()
        with PassageWriter(folder / "passages") as rows:
            rows.append(passages)
        file = PassageFile(folder / "passages")
        if words:
            with PageKeyWriter(folder) as keys:
                keys.append(passages)
            write_page_words(folder, file)
        return PageIndex(folder, file)

    return index


def test_a_page_comes_whole_and_in_order_however_it_was_written(indexed: Indexed, passages: list[Passage]) -> None:
    for name, order in (("one", passages), ("two", passages[::-1]), ("three", passages[2:] + passages[:2])):
        index = indexed(name, order)
        assert len(index) == 3
        assert index.page("https://site.test/a") == passages[:2]
        assert index.page("https://site.test/unknown") == []


def test_a_page_that_holds_the_words_together_scores_highest(indexed: Indexed, passages: list[Passage]) -> None:
    index = indexed("one", passages)
    scores = index.word_scores("red pears", index.of(np.arange(5)))
    assert scores[0] == scores[1] > scores[2] == scores[3] > 0
    assert np.isnan(scores[4])


def test_a_release_without_the_files_is_still_grouped_by_page(indexed: Indexed, passages: list[Passage]) -> None:
    index = indexed("old", passages, words=False)
    assert index.page("https://site.test/b") == passages[2:4]
    assert np.isnan(index.word_scores("red", index.of(np.arange(5)))).all()


def test_keys_of_another_number_of_passages_are_refused(
    indexed: Indexed, passages: list[Passage], tmp_path: Path
) -> None:
    indexed("one", passages)
    (tmp_path / "one" / "pages.u64").write_bytes(b"\0" * 16)
    with pytest.raises(ValueError, match="1 keys for 5 passages"):
        PageIndex(tmp_path / "one", PassageFile(tmp_path / "one" / "passages"))
