"""The vector store in Upstash for the pipeline, which is not asynchronous: the same releases, in a loop of its own."""

from __future__ import annotations

import atexit
from collections import deque
from collections.abc import Callable, Collection, Coroutine, Iterable, Iterator, Mapping
from concurrent.futures import Future
from contextlib import closing
from itertools import islice
from threading import Lock
from typing import Any, Self, TypeVar

from upstash_vector.types import FetchResult, Vector

from data_contracts.passage import Passage, ScoredPassage
from retrieval.embedder import Vectors
from retrieval.ranking import Ranking
from retrieval.upstash.background_loop import BackgroundLoop
from retrieval.upstash.page_rows import PageSpool
from retrieval.upstash.plan import UpstashPlan
from retrieval.upstash.releases import Building, UpstashReleases
from retrieval.upstash.row import HASH, URL, passage_of, row_of, vector_of
from retrieval.vector_store import RANKING, ChunkPlace, PassageBatch, ReleaseManifest, SearchMode

Result = TypeVar("Result")
_STILL_EVERY = 20


class UpstashStore:
    """A `VectorStore` in an Upstash index of the hybrid kind. Safe under threads; asks nothing before the first call.

    Every release is sent whole: Upstash cannot copy rows from one namespace to another, so `base` saves nothing here.
    A build that was cut off is resumed, and sends what is missing.
    """

    def __init__(self, url: str, token: str, *, plan: UpstashPlan | None = None, prefix: str = "lorechat") -> None:
        self._plan = plan or UpstashPlan()
        self._url, self._token, self._prefix = url, token, prefix
        self._opening = Lock()
        self._opened: tuple[BackgroundLoop, UpstashReleases] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections and end the thread; at the process's end at the latest. A call after it opens them
        again."""
        atexit.unregister(self.close)
        with self._opening:
            if self._opened is not None:
                loop, releases = self._opened
                loop.start(releases.close()).result()
                loop.close()
            self._opened = None

    def _there(self) -> tuple[BackgroundLoop, UpstashReleases]:
        with self._opening:
            if self._opened is None:
                releases = UpstashReleases(self._url, self._token, self._plan, prefix=self._prefix)
                self._opened = (BackgroundLoop(), releases)
                atexit.register(self.close)
            return self._opened

    def _start(self, call: Callable[[UpstashReleases], Coroutine[Any, Any, Result]]) -> Future[Result]:
        loop, releases = self._there()
        return loop.start(call(releases))

    def _run(self, call: Callable[[UpstashReleases], Coroutine[Any, Any, Result]]) -> Result:
        return self._start(call).result()

    # -- asking ----------------------------------------------------------------------------------------------------

    def live(self, source: str) -> ReleaseManifest | None:
        """Return the live release of a source, None when there is none."""
        return self._run(lambda releases: releases.live(source))

    def sources(self) -> list[str]:
        """Return the sources that have a live release, sorted."""
        return sorted(self._run(lambda releases: releases.registry.lives()))

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
        """Return the best passages, best first; see `VectorStore.search`."""

        async def asked(releases: UpstashReleases) -> list[ScoredPassage]:
            manifest = await releases.named(source, release_id)
            return await releases.found(
                manifest, vector=vector, text=text, model_id=model_id, limit=limit, mode=mode, ranking=ranking
            )

        return self._run(asked)

    def page(self, source: str, url: str, *, release_id: str | None = None) -> list[Passage]:
        """Return a release's passages of a page, in order; see `ReleaseReader.page`."""

        async def asked(releases: UpstashReleases) -> list[Passage]:
            return await releases.page(await releases.named(source, release_id), url)

        return self._run(asked)

    def find(
        self,
        source: str,
        chunk_ids: Collection[str],
        *,
        vector: Vectors,
        model_id: str,
        release_id: str | None = None,
    ) -> list[ScoredPassage]:
        """Return those of the chunks that the release holds; see `VectorStore.find`."""

        async def asked(releases: UpstashReleases) -> list[ScoredPassage]:
            manifest = await releases.named(source, release_id)
            return await releases.find(manifest, chunk_ids, vector=vector, model_id=model_id)

        return self._run(asked)

    def releases(self, source: str) -> list[ReleaseManifest]:
        """Return all built releases of a source, newest first."""
        return self._run(lambda releases: releases.registry.manifests(source))

    def chunk_ids(self, source: str, release_id: str) -> Iterator[ChunkPlace]:
        """Yield the chunks of a built release, a page at a time."""
        for page in self._pages(source, release_id, whole=False):
            yield from (ChunkPlace(row.id, (row.metadata or {})[URL]) for row in page)

    def contents(self, source: str, release_id: str) -> Iterator[PassageBatch]:
        """Yield a built release's passages with their vectors."""
        import numpy as np

        for page in self._pages(source, release_id, whole=True):
            yield PassageBatch([passage_of(row) for row in page], np.stack([vector_of(row) for row in page]))

    def _pages(self, source: str, release_id: str, *, whole: bool) -> Iterator[list[FetchResult]]:
        loop, releases = self._there()
        pages = releases.rows(source, release_id, whole=whole)

        async def following() -> list[FetchResult] | None:
            return await anext(pages, None)

        while (page := loop.start(following()).result()) is not None:
            yield page

    # -- building --------------------------------------------------------------------------------------------------

    def build(self, manifest: ReleaseManifest, batches: Iterable[PassageBatch], *, base: str | None = None) -> None:  # noqa: ARG002 - see the class
        """Write a release beside the live one; see `VectorStore.build`."""
        building = self._run(lambda releases: releases.begin(manifest))
        if building is None:
            return
        with closing(PageSpool()) as spool:
            sent = self._send(building, _rows(spool.through(batches)))
            if len(sent) != manifest.chunks:
                raise ValueError(f"the manifest says {manifest.chunks} chunks, the batches brought {len(sent)}")
            pages = self._run(lambda releases: releases.begin_pages(building))
            sent_pages = self._send(pages, spool.rows(manifest.dimension))
        self._run(lambda releases: releases.settle(building, sent))
        self._run(lambda releases: releases.settle(pages, sent_pages))
        self._run(lambda releases: releases.finish(manifest))

    def _send(self, building: Building, rows: Iterator[Vector]) -> set[str]:
        """Send rows that are not there yet, some requests at once; return the ids of all."""
        sent: set[str] = set()
        flying: deque[Future[None]] = deque()
        batch = 0
        try:
            while some := list(islice(rows, self._plan.rows)):
                sent.update(str(row.id) for row in some)
                new = [row for row in some if building.there.get(str(row.id)) != (row.metadata or {})[HASH]]
                if len(flying) == self._plan.parallel:
                    flying.popleft().result()
                if new:
                    flying.append(self._start(lambda releases, new=new: releases.send(building, new)))  # type: ignore[misc]  # bound now
                batch += 1
                if batch % _STILL_EVERY == 0:
                    self._run(lambda releases: releases.still(building))
        finally:
            while flying:
                flying.popleft().result()
        return sent

    # -- changing --------------------------------------------------------------------------------------------------

    def evaluated(self, source: str, release_id: str, evaluation: Mapping[str, Any]) -> None:
        """Keep what a built release's evaluation found."""
        self._run(lambda releases: releases.evaluated(source, release_id, evaluation))

    def promote(self, source: str, release_id: str) -> None:
        """Make a built release the live one, atomically."""
        self._run(lambda releases: releases.promote(source, release_id))

    def withdraw(self, source: str) -> None:
        """Take the live release out of service."""
        self._run(lambda releases: releases.registry.point(source, None))

    def drop(self, source: str, release_id: str) -> None:
        """Delete a release that is not live; see `VectorStore.drop`."""
        self._run(lambda releases: releases.drop(source, release_id))


def _rows(batches: Iterable[PassageBatch]) -> Iterator[Vector]:
    for batch in batches:
        if len(batch.passages) != len(batch.vectors):
            raise ValueError(f"a batch has {len(batch.passages)} passages and {len(batch.vectors)} vectors")
        for passage, vector in zip(batch.passages, batch.vectors, strict=True):
            yield row_of(passage, vector)
