"""Releases that are asked as if they were live: what a store that looks back, or aside, answers from."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from data_contracts.passage import Passage, ScoredPassage
from retrieval.embedder import Vectors
from retrieval.error import IndexMissing
from retrieval.ranking import Ranking
from retrieval.vector_store import RANKING, ReleaseManifest, SearchMode, VectorStore


class PinnedReleases:
    """A `ReleaseReader` that answers for each source from one built release of a store, whichever is live there."""

    def __init__(self, pinned: Mapping[str, tuple[VectorStore, str]]) -> None:
        """Take the store and the release of each source."""
        self._pinned = dict(pinned)

    def live(self, source: str) -> ReleaseManifest | None:
        """Return the pinned release of a source, None when there is none."""
        if source not in self._pinned:
            return None
        store, release_id = self._pinned[source]
        return next((release for release in store.releases(source) if release.release_id == release_id), None)

    def sources(self) -> list[str]:
        """Return the sources that have a pinned release, sorted."""
        return sorted(self._pinned)

    def search(
        self,
        source: str,
        *,
        vector: Vectors,
        text: str,
        model_id: str,
        limit: int,
        mode: SearchMode = SearchMode.HYBRID,
        release_id: str | None = None,
        ranking: Ranking = RANKING,
    ) -> list[ScoredPassage]:
        """Return the best passages of the pinned release, or of a named one of the same store, best first."""
        store, pinned = self._place(source)
        return store.search(
            source,
            vector=vector,
            text=text,
            model_id=model_id,
            limit=limit,
            mode=mode,
            release_id=release_id or pinned,
            ranking=ranking,
        )

    def page(self, source: str, url: str, *, release_id: str | None = None) -> list[Passage]:
        """Return the passages that the pinned release, or a named one of the same store, has of a page, in order."""
        store, pinned = self._place(source)
        return store.page(source, url, release_id=release_id or pinned)

    def _place(self, source: str) -> tuple[VectorStore, str]:
        if source not in self._pinned:
            raise IndexMissing(f"{source} has no release here.")
        return self._pinned[source]

    def find(
        self,
        source: str,
        chunk_ids: Collection[str],
        *,
        vector: Vectors,
        model_id: str,
        release_id: str | None = None,
    ) -> list[ScoredPassage]:
        """Return those of the chunks that the pinned release, or a named one of the same store, holds."""
        store, pinned = self._place(source)
        return store.find(source, chunk_ids, vector=vector, model_id=model_id, release_id=release_id or pinned)
