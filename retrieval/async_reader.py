"""The seam between an asynchronous chat and a store: what a `ReleaseReader` answers, to be awaited.

What is asked for a question is written once, as coroutines over this protocol. A store in a folder answers by
computing: `StoreReader` runs such a coroutine to its end in one worker thread, and `finished` does so where no loop
is. A store behind a network is awaited on the caller's own loop and holds no thread while it is silent.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Coroutine, Sequence
from typing import Any, Protocol, TypeVar

from data_contracts.passage import ScoredPassage
from retrieval.embedder import Vectors
from retrieval.ranking import Ranking
from retrieval.section import PageOf
from retrieval.vector_store import RANKING, ReleaseManifest, ReleaseReader, SearchMode

Result = TypeVar("Result")
Work = Callable[[], Coroutine[Any, Any, Result]]
"""Begins a coroutine: one that nobody comes to begin leaves nothing behind."""


class AsyncReader(Protocol):
    """A `ReleaseReader` that is awaited, and says where the work around its answers is done."""

    async def live(self, source: str) -> ReleaseManifest | None:
        """See `ReleaseReader.live`."""
        ...

    async def sources(self) -> list[str]:
        """See `ReleaseReader.sources`."""
        ...

    async def search(
        self,
        source: str,
        *,
        vector: Vectors,
        text: str,
        model_id: str,
        limit: int,
        mode: SearchMode = SearchMode.HYBRID,
        ranking: Ranking = RANKING,
    ) -> list[ScoredPassage]:
        """See `ReleaseReader.search`."""
        ...

    async def pages(self, wanted: Collection[tuple[str, str]]) -> PageOf:
        """Return how to look up the passages of pages, which are named by source and URL; see `ReleaseReader.page`."""
        ...

    async def find(
        self, source: str, chunk_ids: Collection[str], *, vector: Vectors, model_id: str
    ) -> list[ScoredPassage]:
        """See `ReleaseReader.find`."""
        ...

    async def computed(self, work: Callable[[], Result]) -> Result:
        """Do work of the processor, such as embedding, where it stalls no loop."""
        ...

    async def together(self, work: Sequence[Work[Result]]) -> list[Result]:
        """Ask several things of this reader, at once where that saves time; the results in the same order."""
        ...

    async def whole(self, work: Work[Result]) -> Result:
        """Run a coroutine that awaits nothing but this reader. Everything that a loop asks goes through here."""
        ...

    async def close(self) -> None:
        """Close the connections; requests under way end."""
        ...


class StoreReader:
    """An `AsyncReader` over a store whose answers are computed. Its methods return without waiting for anything, so
    they belong into `whole`, which takes a worker thread for all of them, or into `finished`."""

    def __init__(self, store: ReleaseReader) -> None:
        self._store = store

    async def live(self, source: str) -> ReleaseManifest | None:
        """See `ReleaseReader.live`."""
        return self._store.live(source)

    async def sources(self) -> list[str]:
        """See `ReleaseReader.sources`."""
        return self._store.sources()

    async def search(
        self,
        source: str,
        *,
        vector: Vectors,
        text: str,
        model_id: str,
        limit: int,
        mode: SearchMode = SearchMode.HYBRID,
        ranking: Ranking = RANKING,
    ) -> list[ScoredPassage]:
        """See `ReleaseReader.search`."""
        return self._store.search(
            source, vector=vector, text=text, model_id=model_id, limit=limit, mode=mode, ranking=ranking
        )

    async def pages(self, wanted: Collection[tuple[str, str]]) -> PageOf:  # noqa: ARG002 - reads those that are asked
        """Return how to look pages up: each is read when it is asked for, since not all of them are."""
        return self._store.page

    async def find(
        self, source: str, chunk_ids: Collection[str], *, vector: Vectors, model_id: str
    ) -> list[ScoredPassage]:
        """See `ReleaseReader.find`."""
        return self._store.find(source, chunk_ids, vector=vector, model_id=model_id)

    async def computed(self, work: Callable[[], Result]) -> Result:
        """Do it here: this is a worker thread already."""
        return work()

    async def together(self, work: Sequence[Work[Result]]) -> list[Result]:
        """One after the other: the processor is what they wait for."""
        return [await one() for one in work]

    async def whole(self, work: Work[Result]) -> Result:
        """Run it to its end in a worker thread."""
        return await asyncio.to_thread(finished, work)

    async def close(self) -> None:
        """Nothing is open: who opened the store closes it."""


def finished(work: Work[Result]) -> Result:
    """Run a coroutine that never has to wait, as those over a `StoreReader` do not, and return its result."""
    begun = work()
    try:
        begun.send(None)
    except StopIteration as done:
        result: Result = done.value
        return result
    begun.close()
    raise RuntimeError("this coroutine waits for something: await it on a loop")
