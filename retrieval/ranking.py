"""How the scores of a passage become its place: by meaning and by words, of the passage itself and of its whole page.

`PAGE_SHARE`, and `DENSE_WEIGHT` beside it, were chosen together on masked FAQs of documentation sites that no benchmark
reports on; docs/search-quality.md has the figures.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from data_contracts.passage import ScoredPassage
from retrieval.embedder import Vectors
from retrieval.fusion import DENSE_WEIGHT, min_max

PAGE_SHARE = 0.5
"""Share of the word score that is the whole page's: an answer's words are often spread over its page."""

NAMED_BONUS = 0.15
"""What holding all names of the question whole is worth, where 1 is the best passage by meaning and words alike."""


@dataclass(frozen=True, slots=True)
class Ranking:
    """Which techniques rank passages, each of them to be switched off to see what it brings.

    `dense_weight` is the share of meaning against words; None takes what the release's evaluation calibrated, else the
    default.
    """

    dense_weight: float | None = None
    page_share: float = PAGE_SHARE
    named_bonus: float = NAMED_BONUS
    clean: bool = True
    diverse: bool = True


PLAIN = Ranking(dense_weight=0.6, page_share=0.0, named_bonus=0.0, clean=False, diverse=False)
"""Passages by their own scores alone, as they were ranked before there were techniques."""


@dataclass(frozen=True, slots=True)
class Scores:
    """Scores of passages, one array each; NaN marks a score that a passage does not have. `named` is the share of the
    question's names that a passage holds, 0 to 1."""

    dense: Vectors
    lexical: Vectors
    page: Vectors
    named: Vectors

    @classmethod
    def of(cls, found: Sequence[ScoredPassage]) -> Scores:
        """Return the scores that passages came with."""

        def column(read: Callable[[ScoredPassage], float | None]) -> Vectors:
            values = (read(scored) for scored in found)
            return np.array([np.nan if value is None else value for value in values], dtype=np.float32)

        return cls(
            dense=column(lambda scored: scored.dense),
            lexical=column(lambda scored: scored.lexical),
            page=column(lambda scored: scored.page),
            named=column(lambda scored: scored.named),
        )


def fused(scores: Scores, ranking: Ranking) -> Vectors:
    """Return one score per passage: 0 to 1, and above by what its names are worth."""
    weight = DENSE_WEIGHT if ranking.dense_weight is None else ranking.dense_weight
    share = 0.0 if np.isnan(scores.page).all() else ranking.page_share
    words = (1 - share) * min_max(scores.lexical) + share * min_max(scores.page)
    total = weight * min_max(scores.dense) + (1 - weight) * words + ranking.named_bonus * scores.named
    return comparable(total)


def comparable(scores: Vectors) -> Vectors:
    """Return scores to six decimals: the last bits of a product depend on where its row stands among others."""
    rounded: Vectors = np.round(scores, 6).astype(np.float32)
    return rounded


def calibrated(ranking: Ranking, evaluation: Mapping[str, Any] | None) -> Ranking:
    """Return the ranking with the weight that a release's evaluation calibrated, unless it has one of its own."""
    found = (evaluation or {}).get("dense_weight")
    if ranking.dense_weight is None and isinstance(found, int | float) and 0 <= found <= 1:
        return replace(ranking, dense_weight=float(found))
    return ranking


def fused_anew(found: Sequence[ScoredPassage], ranking: Ranking) -> list[ScoredPassage]:
    """Return passages of several searches with comparable scores, best first, equal ones by their names."""
    scores = fused(Scores.of(found), ranking)
    scored = [replace(one, score=float(score)) for one, score in zip(found, scores, strict=True)]
    return in_order(scored)


def in_order(found: Sequence[ScoredPassage]) -> list[ScoredPassage]:
    """Return passages best first; of equal scores, in the order of their names."""
    return sorted(found, key=lambda scored: (-scored.score, scored.passage.source, scored.passage.chunk_id))
