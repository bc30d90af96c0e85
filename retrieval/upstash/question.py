"""One question to one namespace: neighbours by vector and by words in one request, fused, then fetched whole."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from upstash_vector import AsyncIndex
from upstash_vector.types import FetchResult, QueryResult, WeightingStrategy

from data_contracts.passage import ScoredPassage
from retrieval.embedder import Vectors
from retrieval.fusion import min_max_average
from retrieval.near_duplicate import distinct
from retrieval.upstash.plan import UpstashPlan
from retrieval.upstash.row import passage_of, vector_of
from retrieval.upstash.sparse import question_weights
from retrieval.vector_store import SearchMode

_LEAST_FETCHED = 20
_DECIMALS = 5
"""Scores are compared so exactly; equal ones go by chunk id, since rows come in the order of their writing."""


async def ask(
    index: AsyncIndex,
    namespace: str,
    *,
    vector: Vectors,
    text: str,
    limit: int,
    mode: SearchMode,
    plan: UpstashPlan,
) -> list[ScoredPassage]:
    """Return up to `limit` distinct passages, best first.

    Two requests: the nearest rows by the dense and by the sparse part, then the best of both with their vectors, so
    that those found by words alone get their closeness, too, and are fused as the local index fuses them.
    """
    dense, lexical = await _scores(index, namespace, vector, text, min(plan.top, max(50, 4 * limit)), mode, plan)
    order = _ranked(dense, lexical, mode)
    found: list[ScoredPassage] = []
    step = min(plan.top, max(_LEAST_FETCHED, 2 * limit))
    for start in range(0, len(order), step):
        ids = order[start : start + step]
        rows = await index.fetch(ids, include_vectors=True, include_data=True, namespace=namespace)
        there = [row for row in rows if row is not None]
        if mode is not SearchMode.LEXICAL:
            dense |= {row.id: float(vector_of(row) @ vector) for row in there}
        passages = {row.id: passage_of(row) for row in there}
        scores = _fused(ids, dense, lexical, mode)
        ranked = sorted((key for key in ids if key in passages), key=lambda key: (-scores[key], key))
        found += [ScoredPassage(passages[key], scores[key], dense.get(key), lexical.get(key)) for key in ranked]
        kept = [scored for scored, _ in zip(distinct(found), range(limit), strict=False)]
        if len(kept) == limit:
            return kept
    return list(distinct(found))


def nearest(rows: Sequence[FetchResult], vector: Vectors) -> list[ScoredPassage]:
    """Return fetched rows as passages, nearest to the vector first."""
    scored = [(passage_of(row), float(vector_of(row) @ vector)) for row in rows]
    ranked = sorted(scored, key=lambda pair: (-round(pair[1], _DECIMALS), pair[0].chunk_id))
    return [ScoredPassage(passage, score=score, dense=score) for passage, score in ranked]


async def _scores(
    index: AsyncIndex, namespace: str, vector: Vectors, text: str, top: int, mode: SearchMode, plan: UpstashPlan
) -> tuple[dict[str, float], dict[str, float]]:
    """Return the cosines and the BM25 scores of the rows that either part of the index found."""
    queries: list[Any] = []
    asks_dense = mode is not SearchMode.LEXICAL and bool(np.any(vector))
    words = None if mode is SearchMode.DENSE else question_weights(text)
    if asks_dense:
        queries.append({"vector": [float(number) for number in vector], "top_k": top})
    if words is not None:
        queries.append({"sparse_vector": words, "top_k": plan.top, "weighting_strategy": WeightingStrategy.IDF})
    results = await index.query_many(queries=queries, namespace=namespace) if queries else []
    answers = iter(results)
    near: Sequence[QueryResult] = next(answers) if asks_dense else ()
    said: Sequence[QueryResult] = next(answers) if words is not None else ()
    return {row.id: 2 * row.score - 1 for row in near}, {row.id: row.score for row in said}


def _ranked(dense: dict[str, float], lexical: dict[str, float], mode: SearchMode) -> list[str]:
    ids = sorted(dense.keys() | lexical.keys())
    scores = _fused(ids, dense, lexical, mode)
    return sorted(ids, key=lambda key: (-scores[key], key))


def _fused(
    ids: Sequence[str], dense: dict[str, float], lexical: dict[str, float], mode: SearchMode
) -> dict[str, float]:
    close, said = _column(ids, dense), _column(ids, lexical)
    if mode is SearchMode.DENSE:
        scores = close
    elif mode is SearchMode.LEXICAL:
        scores = said
    else:
        scores = min_max_average(close, said)
    return {key: round(float(score), _DECIMALS) for key, score in zip(ids, scores, strict=True)}


def _column(ids: Sequence[str], scores: dict[str, float]) -> Vectors:
    return np.array([scores.get(key, np.nan) for key in ids], dtype=np.float32)
