"""Retrieved chunks are judged as Chroma's evaluation defines it."""

from __future__ import annotations

import pytest

from benches.chroma import Passage, Question, score

QUESTION = Question("What?", "a", ((100, 150), (300, 350)))


def passage(corpus: str, start: int, end: int) -> Passage:
    return Passage(corpus, (start, end), "")


def test_recall_is_the_share_of_gold_characters_covered() -> None:
    assert score(QUESTION, [passage("a", 90, 160)]).recall == 0.5
    assert score(QUESTION, [passage("a", 125, 320)]).recall == pytest.approx(0.45)
    assert score(QUESTION, [passage("b", 0, 400)]).recall == 0


def test_what_is_retrieved_twice_is_covered_once_and_costs_twice() -> None:
    once, twice = (score(QUESTION, [passage("a", 100, 200)] * count) for count in (1, 2))
    assert (once.recall, twice.recall) == (0.5, 0.5)
    assert (once.precision, twice.precision) == (0.5, 0.25)
    assert once.iou == pytest.approx(50 / 150)
    assert twice.iou == pytest.approx(50 / 250)


def test_passages_of_another_corpus_cost_precision() -> None:
    assert score(QUESTION, [passage("a", 100, 200), passage("b", 0, 100)]).precision == 0.25
