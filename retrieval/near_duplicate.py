"""Passages that say the same: one of them is enough for a reader."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from data_contracts.passage import ScoredPassage

_SHINGLE = 3
_ALIKE = 0.8
_WORD = re.compile(r"\w+")


def distinct(passages: Iterable[ScoredPassage]) -> Iterator[ScoredPassage]:
    """Yield the passages in order, without those that repeat an earlier one's body (word 3-shingles with a Jaccard
    overlap of `_ALIKE` or more)."""
    kept: list[frozenset[tuple[str, ...]]] = []
    for scored in passages:
        shingles = _shingles(scored.passage.body)
        if any(_are_alike(shingles, other) for other in kept):
            continue
        kept.append(shingles)
        yield scored


def _shingles(text: str) -> frozenset[tuple[str, ...]]:
    words = [match.group().casefold() for match in _WORD.finditer(text)] or [text.strip()]
    return frozenset(tuple(words[start : start + _SHINGLE]) for start in range(max(1, len(words) - _SHINGLE + 1)))


def _are_alike(one: frozenset[tuple[str, ...]], other: frozenset[tuple[str, ...]]) -> bool:
    smaller, larger = sorted((len(one), len(other)))
    if smaller < _ALIKE * larger:
        return False
    shared = len(one & other)
    return shared >= _ALIKE * (smaller + larger - shared)
