"""What can be asked about: the live releases, each opened with the embedding model that it was made with."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from threading import Lock

from chat_app.error import UnknownSource
from data_contracts.passage import Passage, ScoredPassage
from retrieval.embedder import Embedder
from retrieval.error import IndexMissing, ModelMismatch, ModelUnavailable
from retrieval.ranking import in_order
from retrieval.reranker import Reranker
from retrieval.retriever import Retriever
from retrieval.section import widened
from retrieval.vector_store import ReleaseManifest, ReleaseReader

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

    `open_embedder` loads the embedding model of a model id; it is called once for each, when it is first needed.
    `reranker`, if there is one, orders the best passages of each search anew.
    `restricted` are sources that nobody may read unless `readable` names them: to others they are not there.
    """

    def __init__(
        self, store: ReleaseReader, open_embedder: Callable[[str], Embedder], *, reranker: Reranker | None = None
    ) -> None:
        self.restricted: frozenset[str] = frozenset()
        self._reranker = reranker
        self._store = store
        self._open_embedder = open_embedder
        self._embedders: dict[str, Embedder] = {}
        self._opening = Lock()

    def releases(
        self, sources: Sequence[str] | None = None, *, readable: frozenset[str] | None = None
    ) -> list[ReleaseManifest]:
        """Return the live releases of the sources (None: of all) among those that the asker may read (None: all that
        are not restricted). Errors: IndexMissing, UnknownSource."""
        known = self._store.sources()
        there = [name for name in known if (name not in self.restricted if readable is None else name in readable)]
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

    def search(
        self,
        question: str,
        *,
        sources: Sequence[str] | None = None,
        readable: frozenset[str] | None = None,
        limit: int = 8,
    ) -> Found:
        """Return the passages nearest to a question, from the sources as `releases` takes them.

        Errors: IndexMissing, IndexDamaged, ModelMismatch, UnknownSource.
        """
        releases = self.releases(sources, readable=readable)
        embedder = self.embedder(releases)
        names = [release.source for release in releases]
        retriever = Retriever(self._store, embedder, reranker=self._reranker)
        passages = retriever.search(question, sources=names, limit=limit)
        return Found(passages, releases, embedder)

    def widened(self, found: Found, passages: Sequence[ScoredPassage], *, budget: int) -> list[ScoredPassage]:
        """Return passages with as much of their sections around them as a budget of tokens holds; see
        `retrieval.section`. Errors: IndexMissing, IndexDamaged."""

        def tokens(text: str) -> int:
            return len(found.embedder.token_offsets(text))

        return widened(passages, self._store.page, budget=budget, tokens=tokens)

    def recall(
        self,
        question: str,
        passages: Sequence[Passage],
        *,
        sources: Sequence[str] | None = None,
        readable: frozenset[str] | None = None,
    ) -> list[ScoredPassage]:
        """Return those of earlier passages that the sources' live releases still hold, nearest to a question first:
        what was erased, changed or is of another source does not come back. Errors: as `search`."""
        if not passages:
            return []
        releases = self.releases(sources, readable=readable)
        embedder = self.embedder(releases)
        vector = embedder.embed_query(question)
        found = [
            scored
            for release in releases
            if (ids := {passage.chunk_id for passage in passages if passage.source == release.source})
            for scored in self._store.find(release.source, ids, vector=vector, model_id=embedder.model_id)
        ]
        return in_order(found)

    def embedder(self, releases: Sequence[ReleaseManifest]) -> Embedder:
        """Return the model that the releases were made with, loading it at its first use.

        Errors: ModelMismatch when they were made with several, or with one that is not here.
        """
        model_ids = sorted({release.model_id for release in releases})
        if len(model_ids) > 1:
            made = ", ".join(f"{release.title} with `{release.model_id}`" for release in releases)
            raise ModelMismatch(
                f"**These websites cannot be asked together.** Their indexes were made with different embedding "
                f"models: {made}. Choose one of them, or build the others again with `lorechat build`."
            )
        with self._opening:
            if model_ids[0] not in self._embedders:
                self._embedders[model_ids[0]] = self._opened(releases[0])
            return self._embedders[model_ids[0]]

    def _opened(self, release: ReleaseManifest) -> Embedder:
        try:
            return self._open_embedder(release.model_id)
        except ModelUnavailable as error:
            raise ModelMismatch(
                f"**The index of {release.title} was made with an embedding model that this chat does not have.** "
                f"{error} Set `LORECHAT_EMBEDDING_MODEL` to it, or run `lorechat build {release.source}`."
            ) from error
