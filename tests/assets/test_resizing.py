"""Rows in batches of another size."""

from __future__ import annotations

from itertools import cycle

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from assets.stages.resizing import resized


@given(st.lists(st.integers(min_value=1, max_value=40), max_size=12), st.lists(st.integers(1, 50), min_size=1))
def test_every_row_comes_once_in_order_and_each_batch_has_the_size_asked_for(
    given: list[int], sizes: list[int]
) -> None:
    rows = iter(range(10_000))
    frames = [pl.DataFrame({"row": [next(rows) for _ in range(height)]}) for height in given]
    asked = cycle(sizes)
    wanted: list[int] = []

    def size() -> int:
        wanted.append(next(asked))
        return wanted[-1]

    batches = list(resized(iter(frames), size))
    assert [row for batch in batches for row in batch["row"]] == list(range(sum(given)))
    assert all(batch.height == expected for batch, expected in zip(batches[:-1], wanted, strict=False))
    assert all(batch.height > 0 for batch in batches)
