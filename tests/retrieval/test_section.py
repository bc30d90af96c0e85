"""What a model is shown around a passage, and that it is still one slice of the page."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from data_contracts.passage import Passage, ScoredPassage
from retrieval.section import piece_of, widened

MARKDOWN = (
    "Bees fly.\n\nThey fly far. They come back.\n\nThey come back. They dance.\n\n"
    "```text\none = 1\ntwo = 2\nthree = 3\n```\n\nThe end."
)
Cut = Callable[..., Passage]


@pytest.fixture
def cut(make_passage: Callable[..., Passage]) -> Cut:
    """The chunk of the page from one text of it to the end of another, behind a heading."""

    def make(
        first: str, last: str, *, before: str = "", after: str = "", headings: tuple[str, ...] = ("Bees",)
    ) -> Passage:
        start = MARKDOWN.index(first)
        end = MARKDOWN.index(last, start) + len(last)
        found = make_passage(before + MARKDOWN[start:end] + after, headings=headings)
        return replace(found, start=start, end=end, chunk_id=f"{start:04}")

    return make


@pytest.fixture
def page(cut: Cut) -> list[Passage]:
    return [
        cut("Bees fly.", "come back."),
        cut("They come back. They", "dance."),
        cut("```text", "one = 1\n", after="```"),
        cut("two = 2", "```", before="```text\n"),
        cut("The end.", "The end."),
    ]


def shown(page: list[Passage], *found: Passage, budget: int = 1000) -> list[Passage]:
    scored = [ScoredPassage(one, score=1.0) for one in found]
    wide = widened(scored, lambda source, url: page, budget=budget, tokens=lambda text: len(text.split()))
    return [one.passage for one in wide]


def test_a_passage_grows_to_its_section_word_for_word(page: list[Passage]) -> None:
    for passage in page:
        (section,) = shown(page, passage)
        assert section.body == MARKDOWN[section.start : section.end] == MARKDOWN
        assert section.chunk_id == passage.chunk_id
        assert section.start <= passage.start
        assert passage.end <= section.end


def test_a_budget_bounds_what_is_added(page: list[Passage]) -> None:
    (section,) = shown(page, page[1], budget=5)
    assert section.body == MARKDOWN[page[1].start : page[2].end] + "```"
    assert shown(page, page[1], budget=0) == [page[1]]


def test_a_section_that_ends_inside_a_fence_is_closed(page: list[Passage]) -> None:
    (section,) = shown(page[:3], page[1])
    assert section.body == MARKDOWN[: page[2].end] + "```"
    (section,) = shown(page[3:], page[4])
    assert section.body == "```text\n" + MARKDOWN[page[3].start :]


def test_other_headings_and_versions_of_the_page_stay_outside(page: list[Passage]) -> None:
    page[2] = replace(page[2], heading_path=("Code",))
    page[0] = replace(page[0], markdown_hash="another")
    assert shown(page, page[1]) == [page[1]]


def test_what_a_section_contains_is_not_shown_twice(page: list[Passage]) -> None:
    assert len(shown(page, page[1], page[4], page[0])) == 1
    assert len(shown(page, page[1], page[4], budget=5)) == 2


def test_a_passage_that_the_page_does_not_have_any_more_stays_as_it_was(page: list[Passage]) -> None:
    assert shown(page[1:], page[0]) == [page[0]]


def test_a_chunk_whose_place_cannot_be_told_is_left_alone(cut: Cut, page: list[Passage]) -> None:
    odd = replace(page[0], end=page[0].end + 5000)
    assert piece_of(odd) is None
    assert shown([odd, *page[1:]], odd) == [odd]
