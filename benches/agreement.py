"""How far two rankings of one question agree."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations


def top_overlap(one: Sequence[str], other: Sequence[str], depth: int = 10) -> float:
    """Return the share of the first `depth` that both have; of shorter rankings, of what the longer one has."""
    first, second = set(one[:depth]), set(other[:depth])
    most = max(len(first), len(second))
    return len(first & second) / most if most else 1.0


def kendall_tau(one: Sequence[str], other: Sequence[str]) -> float | None:
    """Return how alike the order of what both hold is, from -1 (reversed) to 1 (the same): the pairs in the same order
    minus those in the other, over all pairs (Kendall, "A New Measure of Rank Correlation", 1938). None for fewer than
    two."""
    places = {item: place for place, item in enumerate(other)}
    common = [places[item] for item in one if item in places]
    if len(common) < 2:
        return None
    signs = [1 if first < second else -1 for first, second in combinations(common, 2)]
    return sum(signs) / len(signs)
