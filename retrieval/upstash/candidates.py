"""What an index offers for a question: rows with the scores that each part of it gave them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from upstash_vector import AsyncIndex
from upstash_vector.types import QueryResult, WeightingStrategy

from retrieval.at_once import both
from retrieval.embedder import Vectors
from retrieval.ranking import Ranking, Scores, fused
from retrieval.upstash.page_rows import page_key, page_scores
from retrieval.upstash.plan import UpstashPlan
from retrieval.upstash.row import URL
from retrieval.upstash.sparse import question_weights
from retrieval.vector_store import SearchMode

_DECIMALS = 5
"""Scores are compared so exactly; equal ones go by chunk id, since rows come in the order of their writing."""


@dataclass(frozen=True, slots=True)
class Candidates:
    """Scores by row: cosine, BM25 of the passage, BM25 of its whole page, and the share of the question's names that it
    holds, where that is known."""

    dense: dict[str, float]
    lexical: dict[str, float]
    page: dict[str, float] = field(default_factory=dict)
    named: dict[str, float] = field(default_factory=dict)

    def fused(self, mode: SearchMode, ranking: Ranking) -> dict[str, float]:
        """Return one score for each row."""
        ids = sorted(self.dense.keys() | self.lexical.keys())
        close, said = _column(ids, self.dense), _column(ids, self.lexical)
        if mode is SearchMode.DENSE:
            scores = close
        elif mode is SearchMode.LEXICAL:
            scores = said
        else:
            held = np.array([self.named.get(key, 0.0) for key in ids], dtype=np.float32)
            scores = fused(Scores(close, said, _column(ids, self.page), held), ranking)
        return {key: round(float(score), _DECIMALS) for key, score in zip(ids, scores, strict=True)}

    def ranked(self, mode: SearchMode, ranking: Ranking, *, among: Collection[str] | None = None) -> list[str]:
        """Return the rows, or some of them, best first."""
        scores = self.fused(mode, ranking)
        return sorted(scores if among is None else among, key=lambda key: (-scores[key], key))


async def candidates(
    index: AsyncIndex,
    namespace: str,
    pages: str,
    *,
    vector: Vectors,
    text: str,
    mode: SearchMode,
    ranking: Ranking,
    plan: UpstashPlan,
) -> Candidates:
    """Ask the dense and the sparse part in one request, and the words of whole pages in another at the same time."""
    queries: list[Any] = []
    asks_dense = mode is not SearchMode.LEXICAL and bool(np.any(vector))
    words = None if mode is SearchMode.DENSE else question_weights(text)
    said: dict[str, Any] = {"sparse_vector": words, "top_k": plan.top, "weighting_strategy": WeightingStrategy.IDF}
    if asks_dense:
        queries.append({"vector": [float(number) for number in vector], "top_k": plan.top, "include_metadata": True})
    if words is not None:
        queries.append({**said, "include_metadata": True})
    if not queries:
        return Candidates({}, {})
    asks_pages = words is not None and mode is SearchMode.HYBRID and ranking.page_share > 0
    found, of_pages = await both(
        index.query_many(queries=queries, namespace=namespace),
        index.query(**said, namespace=namespace + pages) if asks_pages else _nothing(),
    )
    near = found[0] if asks_dense else []
    shared = found[-1] if words is not None else []
    by_page = page_scores(of_pages)
    urls = {row.id: (row.metadata or {})[URL] for row in (*near, *shared)}
    page = {key: by_page[of] for key, url in urls.items() if (of := page_key(url)) in by_page}
    return Candidates({row.id: 2 * row.score - 1 for row in near}, {row.id: row.score for row in shared}, page)


async def _nothing() -> list[QueryResult]:
    return []


def _column(ids: Sequence[str], scores: dict[str, float]) -> Vectors:
    return np.array([scores.get(key, np.nan) for key in ids], dtype=np.float32)
