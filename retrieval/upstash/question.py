"""One question to one namespace: neighbours by vector and by words in one request, fused, then fetched whole."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from upstash_vector import AsyncIndex
from upstash_vector.types import FetchResult, QueryResult, WeightingStrategy

from data_contracts.passage import Passage, ScoredPassage
from retrieval.embedder import Vectors
from retrieval.identifier import identifiers, share_held
from retrieval.near_duplicate import distinct
from retrieval.ranking import Ranking, Scores, fused
from retrieval.upstash.plan import UpstashPlan
from retrieval.upstash.row import URL, passage_of, vector_of
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
    ranking: Ranking,
    plan: UpstashPlan,
) -> list[ScoredPassage]:
    """Return up to `limit` distinct passages, best first.

    Two requests: the nearest rows by the dense and by the sparse part, then the best of both with their vectors, so
    that those found by words alone get their closeness, too, and are fused as the local index fuses them. There are no
    words of whole pages here, and the question's names count among the rows that were fetched.
    """
    names = identifiers(text)
    dense, lexical = await _scores(index, namespace, vector, text, min(plan.top, max(50, 4 * limit)), mode, plan)
    order = _ranked(dense, lexical, mode, ranking)
    found: list[ScoredPassage] = []
    step = min(plan.top, max(_LEAST_FETCHED, 2 * limit))
    for start in range(0, len(order), step):
        ids = order[start : start + step]
        rows = await index.fetch(ids, include_vectors=True, include_data=True, namespace=namespace)
        there = [row for row in rows if row is not None]
        if mode is not SearchMode.LEXICAL:
            dense |= {row.id: float(vector_of(row) @ vector) for row in there}
        passages = {row.id: passage_of(row) for row in there}
        named = {key: share_held(passage.text, names) for key, passage in passages.items()}
        scores = _fused(ids, dense, lexical, mode, ranking, named)
        ranked = sorted((key for key in ids if key in passages), key=lambda key: (-scores[key], key))
        found += [
            ScoredPassage(passages[key], scores[key], dense.get(key), lexical.get(key), named=named[key])
            for key in ranked
        ]
        kept = [scored for scored, _ in zip(distinct(found), range(limit), strict=False)]
        if len(kept) == limit:
            return kept
    return list(distinct(found))


def nearest(rows: Sequence[FetchResult], vector: Vectors) -> list[ScoredPassage]:
    """Return fetched rows as passages, nearest to the vector first."""
    scored = [(passage_of(row), float(vector_of(row) @ vector)) for row in rows]
    ranked = sorted(scored, key=lambda pair: (-round(pair[1], _DECIMALS), pair[0].chunk_id))
    return [ScoredPassage(passage, score=score, dense=score) for passage, score in ranked]


async def page_passages(
    index: AsyncIndex, namespace: str, url: str, *, dimension: int, plan: UpstashPlan
) -> list[Passage]:
    """Return the passages of a page, in the order in which they stand on it. Upstash looks rows up by what they are
    about only beside a vector: any will do."""
    if '"' in url:
        return []  # no canonical URL has one, and the filter language cannot write it
    anything = [1.0, *[0.0] * (dimension - 1)]
    rows = await index.query(
        vector=anything, top_k=plan.top, filter=f'{URL} = "{url}"', include_data=True, namespace=namespace
    )
    found = [passage_of(row) for row in rows]
    return sorted((one for one in found if one.url == url), key=lambda one: (one.start, one.chunk_id))


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


def _ranked(dense: dict[str, float], lexical: dict[str, float], mode: SearchMode, ranking: Ranking) -> list[str]:
    ids = sorted(dense.keys() | lexical.keys())
    scores = _fused(ids, dense, lexical, mode, ranking, {})
    return sorted(ids, key=lambda key: (-scores[key], key))


def _fused(
    ids: Sequence[str],
    dense: dict[str, float],
    lexical: dict[str, float],
    mode: SearchMode,
    ranking: Ranking,
    named: dict[str, float],
) -> dict[str, float]:
    close, said = _column(ids, dense), _column(ids, lexical)
    if mode is SearchMode.DENSE:
        scores = close
    elif mode is SearchMode.LEXICAL:
        scores = said
    else:
        held = np.array([named.get(key, 0.0) for key in ids], dtype=np.float32)
        scores = fused(Scores(close, said, np.full(len(ids), np.nan, dtype=np.float32), held), ranking)
    return {key: round(float(score), _DECIMALS) for key, score in zip(ids, scores, strict=True)}


def _column(ids: Sequence[str], scores: dict[str, float]) -> Vectors:
    return np.array([scores.get(key, np.nan) for key in ids], dtype=np.float32)
