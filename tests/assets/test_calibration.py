"""A weight is taken when enough golden questions gain enough by it, and never otherwise."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assets.stages.calibration import ENOUGH, LEAST_GAIN, WEIGHTS, Tried, calibrated_weight, chosen
from data_contracts.release_evaluation import KindScores
from retrieval.fusion import DENSE_WEIGHT


def scores(mrr: float, *, recall: float = 0.8, asked: int = ENOUGH) -> KindScores:
    return KindScores(asked=asked, answerable=asked, recall=recall, mrr=mrr)


def test_the_weight_that_gains_most_is_taken() -> None:
    found = {DENSE_WEIGHT: scores(0.5), 0.45: scores(0.6), 0.6: scores(0.7), 0.9: scores(0.4)}
    assert calibrated_weight(found.__getitem__) == 0.6


def test_too_few_questions_calibrate_nothing_and_are_asked_once() -> None:
    asked: list[float] = []

    def ask(weight: float) -> KindScores:
        asked.append(weight)
        return scores(0.1 if weight == DENSE_WEIGHT else 1.0, asked=ENOUGH - 1)

    assert calibrated_weight(ask) is None
    assert asked == [DENSE_WEIGHT]


def test_a_small_gain_is_luck() -> None:
    assert chosen(Tried(DENSE_WEIGHT, scores(0.5)), [Tried(0.6, scores(0.5 + LEAST_GAIN - 0.001))]) is None


def test_a_better_rank_that_loses_answers_is_not_taken() -> None:
    assert chosen(Tried(DENSE_WEIGHT, scores(0.5)), [Tried(0.6, scores(0.9, recall=0.7))]) is None


def test_of_equal_gains_the_weight_nearest_to_the_default_is_taken() -> None:
    default = Tried(DENSE_WEIGHT, scores(0.5))
    others = [Tried(weight, scores(0.9)) for weight in WEIGHTS]
    nearest = min(WEIGHTS, key=lambda weight: abs(weight - DENSE_WEIGHT))
    assert chosen(default, others) == chosen(default, others[::-1]) == pytest.approx(nearest)


@given(st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1)), min_size=4, max_size=4))
def test_a_calibrated_release_never_does_worse_on_its_questions(pairs: list[tuple[float, float]]) -> None:
    made = [scores(mrr, recall=recall) for mrr, recall in pairs]
    found = dict(zip((DENSE_WEIGHT, *WEIGHTS), made, strict=True))
    taken = found[calibrated_weight(found.__getitem__) or DENSE_WEIGHT]
    assert (taken.mrr or 0) >= (made[0].mrr or 0)
    assert (taken.recall or 0) >= (made[0].recall or 0)
