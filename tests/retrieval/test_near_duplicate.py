"""Passages that say the same come once."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from data_contracts.passage import Passage, ScoredPassage
from retrieval.near_duplicate import distinct, repeats

WORDS = " ".join(f"word{number}" for number in range(60))

Kept = Callable[..., list[str]]


@pytest.fixture
def kept(make_passage: Callable[..., Passage]) -> Kept:
    def keep(*bodies: str) -> list[str]:
        scored = [ScoredPassage(make_passage(body), score=1.0) for body in bodies]
        return [found.passage.body for found in distinct(scored)]

    return keep


def test_the_better_of_two_alike_is_kept(kept: Kept) -> None:
    assert kept(WORDS, f"{WORDS} more", "other things are said here") == [WORDS, "other things are said here"]


def test_a_part_of_a_passage_is_a_passage_of_its_own(kept: Kept) -> None:
    assert len(kept(WORDS, WORDS[: len(WORDS) // 2])) == 2


def test_case_and_punctuation_make_no_difference(kept: Kept) -> None:
    assert kept("Run it: now, please!", "run it now please") == ["Run it: now, please!"]


def test_passages_of_few_or_no_words_are_compared_too(kept: Kept) -> None:
    assert kept("yes", "no", "yes", "***", "---", "***") == ["yes", "no", "***", "---"]


def test_what_is_left_out_repeats_something_that_was_kept(kept: Kept) -> None:
    bodies = [" ".join(f"w{(number * step) % 90}" for number in range(70)) for step in (1, 1, 7, 11, 7)]
    bodies += [f"{bodies[0]} and more", bodies[2].upper(), "***"]
    shown = kept(*bodies)
    assert len(shown) == 4
    assert not any(repeats(one, other) for at, one in enumerate(shown) for other in shown[:at])
    assert all(any(repeats(body, one) for one in shown) for body in bodies)
