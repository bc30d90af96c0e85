"""How far two rankings agree, against numbers worked out by hand."""

from __future__ import annotations

import pytest

from benches.agreement import kendall_tau, top_overlap


def test_the_share_of_the_first_ones_that_both_have() -> None:
    assert top_overlap("abcd", "dcba", 4) == 1.0
    assert top_overlap("abcd", "abxy", 4) == 0.5
    assert top_overlap("abcd", "xyab", 2) == 0.0
    assert top_overlap("ab", "abcd", 4) == 0.5
    assert top_overlap("", "", 4) == 1.0


@pytest.mark.parametrize(
    ("one", "other", "tau"),
    [("abc", "abc", 1.0), ("abc", "cba", -1.0), ("abcd", "abdc", 4 / 6), ("axbyc", "bac", 1 / 3), ("abc", "xyz", None)],
)
def test_rank_correlation_counts_pairs_in_order(one: str, other: str, tau: float | None) -> None:
    assert kendall_tau(one, other) == (None if tau is None else pytest.approx(tau))
