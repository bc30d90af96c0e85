"""Batches of texts of like length: padding is work, and on a CPU big batches fall out of its caches."""

from __future__ import annotations

from collections.abc import Iterator, Sequence


def token_budget_batches(lengths: Sequence[int], budget: int) -> Iterator[list[int]]:
    """Yield the positions of `lengths`, longest first, in batches of at most `budget` padded tokens.

    A batch costs its longest text times its size. A text longer than the budget makes a batch of its own. Every
    position comes exactly once, and which batch it is in depends on the lengths alone. Longest first, so that
    several threads finish together.
    """
    batch: list[int] = []
    longest = 0
    for position in sorted(range(len(lengths)), key=lambda index: -lengths[index]):
        if batch and longest * (len(batch) + 1) > budget:
            yield batch
            batch = []
        if not batch:
            longest = lengths[position]
        batch.append(position)
    if batch:
        yield batch
