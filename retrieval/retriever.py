"""From a question to passages: embeds it, searches every source's live release, and fuses what they found."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from itertools import chain

from data_contracts.passage import ScoredPassage
from retrieval.async_reader import AsyncReader, StoreReader, finished
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


class AsyncRetriever:
    """Finds passages in what a reader reads, with the questions' embedder.

    `ranking` says which techniques take part; `reranker`, if there is one, orders the best passages anew.
    """

    def __init__(
        self,
        reader: AsyncReader,
        embedder: Embedder,
        *,
        ranking: Ranking = RANKING,
        reranker: Reranker | None = None,
    ) -> None:
        self._reader = reader
        self._embedder = embedder
        self._ranking = ranking
        self._reranker = reranker

    async def search(
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
        vector = await self._reader.computed(lambda: self._embedder.embed_query(text))
        depth = self._depth(limit, len(names), is_hybrid)
        found = await self._reader.together(
            [
                partial(
                    self._reader.search,
                    name,
                    vector=vector,
                    text=text,
                    model_id=self._embedder.model_id,
                    limit=depth,
                    mode=mode,
                    ranking=self._ranking,
                )
                for name in names
            ]
        )
        return await self._reader.computed(lambda: self._chosen(text, found, limit, is_hybrid))

    def _depth(self, limit: int, sources: int, is_hybrid: bool) -> int:
        """How many passages to ask of each source, so that enough are left to choose from."""
        depth = limit if sources == 1 else max(limit, _PER_SOURCE)
        if is_hybrid and self._ranking.diverse:
            depth = max(depth, limit + max(_SPARE, limit // 2))
        return depth if self._reranker is None else max(depth, RERANKED)

    def _chosen(
        self, text: str, by_source: Sequence[list[ScoredPassage]], limit: int, is_hybrid: bool
    ) -> list[ScoredPassage]:
        """Put together what the sources found, and keep the best."""
        found = by_source[0] if len(by_source) == 1 else self._merged(by_source, is_hybrid)
        if is_hybrid and self._reranker is not None:
            found = reranked(text, found, self._reranker)
        return diverse(found, limit) if is_hybrid and self._ranking.diverse else found[:limit]

    def _merged(self, by_source: Sequence[list[ScoredPassage]], is_hybrid: bool) -> list[ScoredPassage]:
        found = list(chain.from_iterable(by_source))
        is_anew = is_hybrid and any(scored.dense is not None for scored in found)
        return list(distinct(fused_anew(found, self._ranking) if is_anew else in_order(found)))


class Retriever:
    """The same for callers that are not asynchronous. Safe under threads when store and embedder are."""

    def __init__(
        self,
        store: ReleaseReader,
        embedder: Embedder,
        *,
        ranking: Ranking = RANKING,
        reranker: Reranker | None = None,
    ) -> None:
        self._retriever = AsyncRetriever(StoreReader(store), embedder, ranking=ranking, reranker=reranker)

    def search(
        self, question: str, *, sources: Sequence[str], limit: int = 8, mode: SearchMode = SearchMode.HYBRID
    ) -> list[ScoredPassage]:
        """Return the best passages; see `AsyncRetriever.search`."""
        return finished(partial(self._retriever.search, question, sources=sources, limit=limit, mode=mode))
