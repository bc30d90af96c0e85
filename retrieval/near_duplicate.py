"""Passages that say the same: one of them is enough for a reader."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator

from data_contracts.passage import ScoredPassage

_SHINGLE = 3
_ALIKE = 0.8
_WORD = re.compile(r"\w+")

_Shingles = frozenset[tuple[str, ...]]


def distinct(passages: Iterable[ScoredPassage]) -> Iterator[ScoredPassage]:
    """Yield the passages in order, without those that repeat an earlier one's body (word 3-shingles with a Jaccard
    overlap of `_ALIKE` or more). Each passage is compared with those alone that share a shingle with it."""
    sizes: list[int] = []
    holders: defaultdict[tuple[str, ...], list[int]] = defaultdict(list)
    bodies: set[str] = set()
    for scored in passages:
        if scored.passage.body in bodies:  # the usual repetition, word for word, costs no comparison
            continue
        bodies.add(scored.passage.body)
        shingles = _shingles(scored.passage.body)
        shared = Counter(kept for shingle in shingles for kept in holders.get(shingle, ()))
        if any(_are_alike(len(shingles), sizes[kept], count) for kept, count in shared.items()):
            continue
        for shingle in shingles:
            holders[shingle].append(len(sizes))
        sizes.append(len(shingles))
        yield scored


def repeats(one: str, other: str) -> bool:
    """Whether two bodies say the same, so that `distinct` shows one of them only."""
    first, second = _shingles(one), _shingles(other)
    return _are_alike(len(first), len(second), len(first & second))


def _shingles(text: str) -> _Shingles:
    words = [match.group().casefold() for match in _WORD.finditer(text)] or [text.strip()]
    return frozenset(tuple(words[start : start + _SHINGLE]) for start in range(max(1, len(words) - _SHINGLE + 1)))


def _are_alike(one: int, other: int, shared: int) -> bool:
    """Whether two sets of so many shingles overlap enough."""
    return shared >= _ALIKE * (one + other - shared)
