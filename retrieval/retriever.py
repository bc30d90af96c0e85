"""From a question to passages: embeds it, searches every source's live release, and fuses what they found."""

from __future__ import annotations

from collections.abc import Sequence

from data_contracts.passage import ScoredPassage
from retrieval.diversity import diverse
from retrieval.embedder import Embedder
from retrieval.near_duplicate import distinct
from retrieval.query_cleaning import cleaned
from retrieval.ranking import Ranking, fused_anew, in_order
from retrieval.reranker import RERANKED, Reranker, reranked
from retrieval.vector_store import RANKING, ReleaseReader, SearchMode

_LONGEST_QUESTION = 4_000
_PER_SOURCE = 50
_SPARE = 4
"""Passages beyond the limit that others of their page may give way to; each costs time to tell from the rest."""


class Retriever:
    """Finds passages in a store with the questions' embedder. Safe under threads when both parts are.

    `ranking` says which techniques take part; `reranker`, if there is one, orders the best passages anew.
    """

    def __init__(
        self,
        store: ReleaseReader,
        embedder: Embedder,
        *,
        ranking: Ranking = RANKING,
        reranker: Reranker | None = None,
    ) -> None:
        self._store = store
        self._embedder = embedder
        self._ranking = ranking
        self._reranker = reranker

    def search(
        self, question: str, *, sources: Sequence[str], limit: int = 8, mode: SearchMode = SearchMode.HYBRID
    ) -> list[ScoredPassage]:
        """Return the best distinct passages of the sources' live releases, best first; none for a blank question.

        Only the first 4,000 characters of a question count. Scores of several sources are fused anew from the
        passages' own scores, since each source's fused scores are relative to its own best. Cleaning, diversity and
        the reranker are for hybrid searches; the other modes show what one score alone finds.

        Errors: IndexMissing, IndexDamaged, ModelMismatch, ModelUnavailable.
        """
        text = question[:_LONGEST_QUESTION].strip()
        names = list(dict.fromkeys(sources))
        if not text or not names or limit < 1:
            return []
        is_hybrid = mode is SearchMode.HYBRID
        if is_hybrid and self._ranking.clean:
            text = cleaned(text)
        found = self._found(text, names, self._depth(limit, len(names), is_hybrid), mode)
        if is_hybrid and self._reranker is not None:
            found = reranked(text, found, self._reranker)
        return diverse(found, limit) if is_hybrid and self._ranking.diverse else found[:limit]

    def _depth(self, limit: int, sources: int, is_hybrid: bool) -> int:
        """How many passages to ask of each source, so that enough are left to choose from."""
        depth = limit if sources == 1 else max(limit, _PER_SOURCE)
        if is_hybrid and self._ranking.diverse:
            depth = max(depth, limit + max(_SPARE, limit // 2))
        return depth if self._reranker is None else max(depth, RERANKED)

    def _found(self, text: str, names: Sequence[str], depth: int, mode: SearchMode) -> list[ScoredPassage]:
        vector = self._embedder.embed_query(text)
        found = [
            scored
            for name in names
            for scored in self._store.search(
                name,
                vector=vector,
                text=text,
                model_id=self._embedder.model_id,
                limit=depth,
                mode=mode,
                ranking=self._ranking,
            )
        ]
        if len(names) == 1:
            return found
        is_anew = mode is SearchMode.HYBRID and any(scored.dense is not None for scored in found)
        return list(distinct(fused_anew(found, self._ranking) if is_anew else in_order(found)))
