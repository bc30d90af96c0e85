"""One question to one namespace: neighbours by vector and by words, fused, then fetched whole."""

from __future__ import annotations

from collections.abc import Sequence

from upstash_vector import AsyncIndex
from upstash_vector.types import FetchResult

from data_contracts.passage import Passage, ScoredPassage
from retrieval.at_once import both
from retrieval.embedder import Vectors
from retrieval.identifier import identifiers, share_held
from retrieval.near_duplicate import distinct
from retrieval.ranking import Ranking
from retrieval.upstash.candidates import Candidates, candidates
from retrieval.upstash.plan import UpstashPlan
from retrieval.upstash.row import URL, passage_of, vector_of
from retrieval.vector_store import SearchMode

_LEAST_FETCHED = 20
_DECIMALS = 5


async def ask(
    index: AsyncIndex,
    namespace: str,
    *,
    pages: str,
    vector: Vectors,
    text: str,
    limit: int,
    mode: SearchMode,
    ranking: Ranking,
    plan: UpstashPlan,
) -> list[ScoredPassage]:
    """Return up to `limit` distinct passages, best first. `pages` stands behind the namespace of whole pages.

    Two rounds: scores of the nearest rows by meaning, by words and by their pages' words, all asked at once; then the
    best of them whole, with the vectors of those that words alone found, so that all are fused as the local index fuses
    them. The question's names count among the rows that were fetched.
    """
    found = await candidates(index, namespace, pages, vector=vector, text=text, mode=mode, ranking=ranking, plan=plan)
    names = identifiers(text) if mode is SearchMode.HYBRID and ranking.named_bonus else []
    order = found.ranked(mode, ranking)
    shown: list[ScoredPassage] = []
    step = min(plan.top, max(_LEAST_FETCHED, 2 * limit))
    for start in range(0, len(order), step):
        ids = order[start : start + step]
        unknown = [key for key in ids if key not in found.dense] if mode is not SearchMode.LEXICAL else []
        rows, vectors = await both(_whole(index, namespace, ids), _whole(index, namespace, unknown, vectors=True))
        found.dense.update({row.id: float(vector_of(row) @ vector) for row in vectors})
        passages = {row.id: passage_of(row) for row in rows}
        found.named.update({key: share_held(passage.text, names) for key, passage in passages.items()})
        scores = found.fused(mode, ranking)
        ranked = found.ranked(mode, ranking, among=passages.keys())
        shown += [_scored(passages[key], scores[key], found) for key in ranked]
        kept = [scored for scored, _ in zip(distinct(shown), range(limit), strict=False)]
        if len(kept) == limit:
            return kept
    return list(distinct(shown))


async def _whole(index: AsyncIndex, namespace: str, ids: list[str], *, vectors: bool = False) -> list[FetchResult]:
    """Fetch rows with their data, or with their vectors."""
    rows = await index.fetch(ids, include_vectors=vectors, include_data=not vectors, namespace=namespace) if ids else []
    return [row for row in rows if row is not None]


def _scored(passage: Passage, score: float, found: Candidates) -> ScoredPassage:
    key = passage.chunk_id
    return ScoredPassage(
        passage, score, found.dense.get(key), found.lexical.get(key), found.page.get(key), found.named.get(key, 0.0)
    )


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
