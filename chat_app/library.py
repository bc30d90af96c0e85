"""What can be asked about: the live releases, each opened with the embedding model that it was made with."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from threading import Lock

from chat_app.error import UnknownSource
from data_contracts.passage import ScoredPassage
from retrieval.embedder import Embedder
from retrieval.error import IndexMissing, ModelMismatch
from retrieval.retriever import Retriever
from retrieval.vector_store import ReleaseManifest, VectorStore

_NO_INDEX = (
    "**There is nothing to search yet.** No source has a live index. Add a site with `lorechat add URL` and build it "
    "with `lorechat build`, or wait until the first crawl is done, then ask again."
)


@dataclass(frozen=True, slots=True)
class Found:
    """Passages, best first, the releases they come from, and the model that found them."""

    passages: Sequence[ScoredPassage]
    releases: Sequence[ReleaseManifest]
    embedder: Embedder


class Library:
    """Searches live releases. A release that goes live is searched from the next question on. Safe under threads.

    `open_embedder` loads the configured embedding model; it is called once, when it is first needed.
    """

    def __init__(self, store: VectorStore, open_embedder: Callable[[], Embedder]) -> None:
        self._store = store
        self._open_embedder = open_embedder
        self._embedder: Embedder | None = None
        self._opening = Lock()

    def releases(self, sources: Sequence[str] | None = None) -> list[ReleaseManifest]:
        """Return the live releases of the sources (None: of all). Errors: IndexMissing, UnknownSource."""
        there = self._store.sources()
        wanted = list(dict.fromkeys(sources)) if sources else there
        if not there:
            raise IndexMissing(_NO_INDEX)
        unknown = [name for name in wanted if name not in there]
        if unknown:
            raise UnknownSource(
                f"**{', '.join(unknown)} cannot be searched.** There is a live index of {', '.join(there)} only. "
                "Choose one of these, or build the other first."
            )
        live = [release for name in wanted if (release := self._store.live(name)) is not None]
        if not live:
            raise IndexMissing(_NO_INDEX)
        return live

    def search(self, question: str, *, sources: Sequence[str] | None = None, limit: int = 8) -> Found:
        """Return the passages nearest to a question.

        Errors: IndexMissing, IndexDamaged, ModelMismatch, ModelUnavailable, UnknownSource.
        """
        releases = self.releases(sources)
        embedder = self.embedder()
        for release in releases:
            self._check(release, embedder)
        names = [release.source for release in releases]
        passages = Retriever(self._store, embedder).search(question, sources=names, limit=limit)
        return Found(passages, releases, embedder)

    def embedder(self) -> Embedder:
        """Return the embedding model, loading it at the first call. Errors: ModelUnavailable."""
        with self._opening:
            if self._embedder is None:
                self._embedder = self._open_embedder()
            return self._embedder

    @staticmethod
    def _check(release: ReleaseManifest, embedder: Embedder) -> None:
        if release.model_id != embedder.model_id:
            raise ModelMismatch(
                f"**The index of {release.title} was made with another embedding model.** It needs "
                f"`{release.model_id}`, but this chat has `{embedder.model_id}`. Set `LORECHAT_EMBEDDING_MODEL` to "
                f"the index's model, or build the source again with `lorechat build {release.source}`."
            )
