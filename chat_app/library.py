"""What can be asked about: the live releases, each opened with the embedding model that it was made with."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import chain
from threading import Lock
from typing import TypeVar

from chat_app.error import UnknownSource
from data_contracts.passage import Passage, ScoredPassage
from retrieval.async_reader import AsyncReader
from retrieval.embedder import Embedder
from retrieval.error import IndexMissing, ModelMismatch, ModelUnavailable
from retrieval.ranking import in_order
from retrieval.reranker import Reranker
from retrieval.retriever import AsyncRetriever
from retrieval.section import widened
from retrieval.vector_store import ReleaseManifest

Result = TypeVar("Result")

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
    """Searches live releases, awaited on the chat's loop: a store behind a network holds no thread while it is asked. A
    release that goes live is searched from the next question on, as soon as the reader shows it.

    `open_embedder` loads the embedding model of a model id; it is called once for each, when it is first needed.
    `reranker`, if there is one, orders the best passages of each search anew.
    `restricted` are sources that nobody may read unless `readable` names them: to others they are not there.
    """

    def __init__(
        self, reader: AsyncReader, open_embedder: Callable[[str], Embedder], *, reranker: Reranker | None = None
    ) -> None:
        self.restricted: frozenset[str] = frozenset()
        self._reranker = reranker
        self._reader = reader
        self._open_embedder = open_embedder
        self._embedders: dict[str, Embedder] = {}
        self._opening = Lock()

    async def close(self) -> None:
        """Close the connections to the store."""
        await self._reader.close()

    async def sources(self) -> list[str]:
        """Return the sources that have a live release, sorted, whoever may read them."""
        return await self._reader.whole(self._reader.sources)

    async def releases(
        self, sources: Sequence[str] | None = None, *, readable: frozenset[str] | None = None
    ) -> list[ReleaseManifest]:
        """Return the live releases of the sources (None: of all) among those that the asker may read (None: all that
        are not restricted). Errors: IndexMissing, UnknownSource."""
        return await self._reader.whole(partial(self._releases, sources, readable))

    async def _releases(self, sources: Sequence[str] | None, readable: frozenset[str] | None) -> list[ReleaseManifest]:
        known = await self._reader.sources()
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
        live = [release for name in wanted if (release := await self._reader.live(name)) is not None]
        if not live:
            raise IndexMissing(_NO_INDEX)
        return live

    async def search(
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
        return await self._reader.whole(partial(self._search, question, sources, readable, limit))

    async def _search(
        self, question: str, sources: Sequence[str] | None, readable: frozenset[str] | None, limit: int
    ) -> Found:
        releases, embedder = await self._model(sources, readable)
        names = [release.source for release in releases]
        retriever = AsyncRetriever(self._reader, embedder, reranker=self._reranker)
        return Found(await retriever.search(question, sources=names, limit=limit), releases, embedder)

    async def widened(self, found: Found, passages: Sequence[ScoredPassage], *, budget: int) -> list[ScoredPassage]:
        """Return passages with as much of their sections around them as a budget of tokens holds; see
        `retrieval.section`. Errors: IndexMissing, IndexDamaged."""

        def tokens(text: str) -> int:
            return len(found.embedder.token_offsets(text))

        async def shown() -> list[ScoredPassage]:
            pages = [(scored.passage.source, scored.passage.url) for scored in passages]
            page_of = await self._reader.pages(pages)
            return await self._reader.computed(lambda: widened(passages, page_of, budget=budget, tokens=tokens))

        return await self._reader.whole(shown)

    async def recall(
        self,
        question: str,
        passages: Sequence[Passage],
        *,
        sources: Sequence[str] | None = None,
        readable: frozenset[str] | None = None,
    ) -> list[ScoredPassage]:
        """Return those of earlier passages that the sources' live releases still hold, nearest to a question first:
        what was erased, changed or is of another source does not come back. Errors: as `search`."""

        async def found() -> list[ScoredPassage]:
            releases, embedder = await self._model(sources, readable)
            vector = await self._reader.computed(lambda: embedder.embed_query(question))
            here = [
                await self._reader.find(release.source, ids, vector=vector, model_id=embedder.model_id)
                for release in releases
                if (ids := {passage.chunk_id for passage in passages if passage.source == release.source})
            ]
            return in_order(list(chain.from_iterable(here)))

        return await self._reader.whole(found) if passages else []

    async def with_model(
        self,
        work: Callable[[Embedder], Result],
        *,
        sources: Sequence[str] | None = None,
        readable: frozenset[str] | None = None,
    ) -> Result:
        """Do work of the processor with the model of the sources' releases. Errors: as `search`."""

        async def done() -> Result:
            _, embedder = await self._model(sources, readable)
            return await self._reader.computed(lambda: work(embedder))

        return await self._reader.whole(done)

    async def _model(
        self, sources: Sequence[str] | None, readable: frozenset[str] | None
    ) -> tuple[list[ReleaseManifest], Embedder]:
        releases = await self._releases(sources, readable)
        return releases, await self._reader.computed(lambda: self.embedder(releases))

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
