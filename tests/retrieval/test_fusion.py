"""Two scores fused into one ranking."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from retrieval.embedder import Vectors
from retrieval.fusion import min_max, min_max_average, reciprocal_rank

SCORE = st.one_of(st.just(float("nan")), st.floats(-100, 100, width=32))
PAIRS = st.integers(1, 20).flatmap(
    lambda n: st.tuples(*(arrays.arrays(np.float32, n, elements=SCORE) for _ in range(2)))
)
FUSIONS = pytest.mark.parametrize("fuse", [min_max_average, reciprocal_rank])


@FUSIONS
@settings(max_examples=40, deadline=None)
@given(pair=PAIRS)
def test_fused_scores_are_finite_and_between_nought_and_one(fuse, pair: tuple[Vectors, Vectors]) -> None:
    fused = fuse(*pair)
    assert fused.shape == pair[0].shape
    assert np.isfinite(fused).all()
    assert (fused >= 0).all()
    assert (fused <= 1.0001).all()


@FUSIONS
@settings(max_examples=40, deadline=None)
@given(pair=PAIRS)
def test_what_is_better_in_both_is_never_ranked_lower(fuse, pair: tuple[Vectors, Vectors]) -> None:
    dense, lexical = (np.nan_to_num(scores, nan=-200) for scores in pair)
    fused = fuse(dense, lexical)
    for one in range(len(fused)):
        beaten = (dense[one] > dense) & (lexical[one] > lexical)
        assert (fused[one] >= fused[beaten] - 1e-6).all()


@settings(max_examples=40, deadline=None)
@given(pair=PAIRS, shift=st.floats(-50, 50), scale=st.floats(0.1, 10))
def test_min_max_does_not_care_for_units(pair: tuple[Vectors, Vectors], shift: float, scale: float) -> None:
    scores = np.round(pair[0])
    np.testing.assert_allclose(min_max(scores), min_max((scores * scale + shift).astype(np.float32)), atol=1e-3)


@settings(max_examples=40, deadline=None)
@given(pair=PAIRS)
def test_order_of_the_passages_does_not_matter(pair: tuple[Vectors, Vectors]) -> None:
    fused = min_max_average(*pair)
    np.testing.assert_allclose(min_max_average(pair[0][::-1], pair[1][::-1])[::-1], fused, atol=1e-6)


def test_a_missing_score_is_worth_the_worst() -> None:
    assert min_max(np.array([np.nan, 2, 4], dtype=np.float32)).tolist() == [0, 0, 1]


def test_no_scores_at_all_are_all_equal() -> None:
    nothing = np.full(3, np.nan, dtype=np.float32)
    assert min_max_average(nothing, nothing).tolist() == [0, 0, 0]


def test_reciprocal_ranks_add_up() -> None:
    fused = reciprocal_rank(np.array([3, 2], dtype=np.float32), np.array([1, np.nan], dtype=np.float32))
    np.testing.assert_allclose(fused, [2 / 61, 1 / 62], rtol=1e-6)
