"""From a question to passages: embeds it, searches every source's live release, and fuses what they found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from data_contracts.passage import ScoredPassage
from retrieval.embedder import Embedder, Vectors
from retrieval.fusion import min_max_average
from retrieval.near_duplicate import distinct
from retrieval.vector_store import ReleaseReader, SearchMode

_LONGEST_QUESTION = 4_000
_PER_SOURCE = 50


class Retriever:
    """Finds passages in a store with the questions' embedder. Safe under threads when both parts are."""

    def __init__(self, store: ReleaseReader, embedder: Embedder) -> None:
        self._store = store
        self._embedder = embedder

    def search(
        self, question: str, *, sources: Sequence[str], limit: int = 8, mode: SearchMode = SearchMode.HYBRID
    ) -> list[ScoredPassage]:
        """Return the best distinct passages of the sources' live releases, best first; none for a blank question.

        Only the first 4,000 characters of a question count. Scores of several sources are fused anew from the
        passages' own dense and lexical scores, since each source's fused scores are relative to its own best.

        Errors: IndexMissing, IndexDamaged, ModelMismatch.
        """
        text = question[:_LONGEST_QUESTION].strip()
        names = list(dict.fromkeys(sources))
        if not text or not names or limit < 1:
            return []
        vector = self._embedder.embed_query(text)
        depth = limit if len(names) == 1 else max(limit, _PER_SOURCE)
        found = [
            scored
            for name in names
            for scored in self._store.search(
                name, vector=vector, text=text, model_id=self._embedder.model_id, limit=depth, mode=mode
            )
        ]
        if len(names) == 1:
            return found
        return [scored for scored, _ in zip(distinct(_fused_anew(found, mode)), range(limit), strict=False)]


def _fused_anew(found: Sequence[ScoredPassage], mode: SearchMode) -> list[ScoredPassage]:
    """Return the passages of several sources with comparable scores, best first."""
    if mode is SearchMode.HYBRID and any(scored.dense is not None for scored in found):
        scores = min_max_average(_column(found, "dense"), _column(found, "lexical"))
        found = [replace(scored, score=float(score)) for scored, score in zip(found, scores, strict=True)]
    return sorted(found, key=lambda scored: -scored.score)


def _column(found: Sequence[ScoredPassage], name: str) -> Vectors:
    values = [getattr(scored, name) for scored in found]
    return np.array([np.nan if value is None else value for value in values], dtype=np.float32)
