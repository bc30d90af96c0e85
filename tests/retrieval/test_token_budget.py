"""Batches of like length."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from retrieval.token_budget import token_budget_batches

LENGTHS = st.lists(st.integers(min_value=1, max_value=300), max_size=200)
BUDGETS = st.integers(min_value=1, max_value=4096)


@given(LENGTHS, BUDGETS)
def test_every_text_is_in_exactly_one_batch(lengths: list[int], budget: int) -> None:
    batches = list(token_budget_batches(lengths, budget))
    assert sorted(position for batch in batches for position in batch) == list(range(len(lengths)))
    assert all(batches)


@given(LENGTHS, BUDGETS)
def test_no_batch_of_several_texts_costs_more_than_the_budget(lengths: list[int], budget: int) -> None:
    for batch in token_budget_batches(lengths, budget):
        assert len(batch) == 1 or len(batch) * max(lengths[position] for position in batch) <= budget


@given(LENGTHS, BUDGETS)
def test_longer_texts_come_first_so_that_threads_finish_together(lengths: list[int], budget: int) -> None:
    order = [lengths[position] for batch in token_budget_batches(lengths, budget) for position in batch]
    assert order == sorted(lengths, reverse=True)


@given(LENGTHS, BUDGETS)
def test_no_batch_could_have_taken_the_next_text(lengths: list[int], budget: int) -> None:
    batches = list(token_budget_batches(lengths, budget))
    for batch in batches[:-1]:
        assert lengths[batch[0]] * (len(batch) + 1) > budget


def test_no_texts_make_no_batch() -> None:
    assert list(token_budget_batches([], 1024)) == []
