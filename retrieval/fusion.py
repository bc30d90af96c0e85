"""Ways to rank by two scores at once. Pure functions of arrays; a higher score is better everywhere."""

from __future__ import annotations

import numpy as np

from retrieval.embedder import Vectors

DENSE_WEIGHT = 0.75
"""Share of meaning against words; docs/search-quality.md says on which questions it was chosen."""


def min_max(scores: Vectors) -> Vectors:
    """Stretch scores to 0..1; a lone score and equal scores become 1, NaN (no score) stays behind all as 0."""
    known = ~np.isnan(scores)
    if not known.any():
        return np.zeros_like(scores)
    low, high = scores[known].min(), scores[known].max()
    stretched = (scores - low) / (high - low) if high > low else np.ones_like(scores)
    result: Vectors = np.where(known, stretched, 0.0).astype(np.float32)
    return result


def min_max_average(dense: Vectors, lexical: Vectors, *, dense_weight: float = DENSE_WEIGHT) -> Vectors:
    """Return the weighted mean of both scores after min-max normalisation (Bruch et al., "An Analysis of Fusion
    Functions for Hybrid Retrieval", 2022). NaN marks a score that a passage does not have."""
    fused: Vectors = dense_weight * min_max(dense) + (1 - dense_weight) * min_max(lexical)
    return fused


def reciprocal_rank(dense: Vectors, lexical: Vectors, *, k: int = 60) -> Vectors:
    """Return the sum of 1 / (k + rank) over both rankings (Cormack et al., 2009); a score of NaN adds nothing."""
    fused: Vectors = _reciprocal_ranks(dense, k) + _reciprocal_ranks(lexical, k)
    return fused


def _reciprocal_ranks(scores: Vectors, k: int) -> Vectors:
    known = ~np.isnan(scores)
    order = np.argsort(np.where(known, -scores, np.inf), kind="stable")
    ranks = np.empty(len(scores), dtype=np.int64)
    ranks[order] = np.arange(1, len(scores) + 1)
    result: Vectors = np.where(known, 1 / (k + ranks), 0.0).astype(np.float32)
    return result
