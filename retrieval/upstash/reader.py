"""Upstash for the chat: awaited on the chat's own event loop, where a silent network holds no thread."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Sequence
from functools import partial
from typing import TYPE_CHECKING

from data_contracts.passage import Passage, ScoredPassage
from retrieval.async_reader import Result, Work
from retrieval.at_once import all_of
from retrieval.embedder import Vectors
from retrieval.ranking import Ranking
from retrieval.section import PageOf
from retrieval.upstash.plan import UpstashPlan
from retrieval.upstash.releases import UpstashReleases, no_index
from retrieval.vector_store import RANKING, ReleaseManifest, SearchMode

if TYPE_CHECKING:
    from asyncio import Task

_FRESH_SECONDS = 1.0


class UpstashReader:
    """An `AsyncReader` of an index, for one event loop: connections are kept and shared by all questions, and those of
    a question that is cancelled end with it.

    Which releases are live is asked once a second at most, in two requests for all sources: a release that goes live
    answers from the next second on.

    Errors: those of `ReleaseReader`, StoreUnreachable and Throttled.
    """

    def __init__(self, url: str, token: str, *, plan: UpstashPlan | None = None, prefix: str = "lorechat") -> None:
        self._releases = UpstashReleases(url, token, plan or UpstashPlan(), prefix=prefix)
        self._reading: Task[dict[str, ReleaseManifest]] | None = None
        self._until = 0.0

    async def live(self, source: str) -> ReleaseManifest | None:
        """Return the live release of a source, None when there is none."""
        return (await self._live()).get(source)

    async def sources(self) -> list[str]:
        """Return the sources that have a live release, sorted."""
        return sorted(await self._live())

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
        """Return the best passages of the live release, best first; see `ReleaseReader.search`."""
        manifest = await self._asked(source)
        return await self._releases.found(
            manifest, vector=vector, text=text, model_id=model_id, limit=limit, mode=mode, ranking=ranking
        )

    async def pages(self, wanted: Collection[tuple[str, str]]) -> PageOf:
        """Read pages, all at once, and return how to look them up."""
        names = list(dict.fromkeys(wanted))
        found = dict(zip(names, await self.together([partial(self._page, *name) for name in names]), strict=True))
        return lambda source, url: found.get((source, url), [])

    async def find(
        self, source: str, chunk_ids: Collection[str], *, vector: Vectors, model_id: str
    ) -> list[ScoredPassage]:
        """Return those of the chunks that the live release holds; see `ReleaseReader.find`."""
        return await self._releases.find(await self._asked(source), chunk_ids, vector=vector, model_id=model_id)

    async def computed(self, work: Callable[[], Result]) -> Result:
        """Do it in a worker thread: the loop is the chat's."""
        return await asyncio.to_thread(work)

    async def together(self, work: Sequence[Work[Result]]) -> list[Result]:
        """Ask everything at once. Where one fails, or nobody waits any more, the others end as well."""
        return await all_of(one() for one in work)

    async def whole(self, work: Work[Result]) -> Result:
        """Await it here."""
        return await work()

    async def close(self) -> None:
        """Close the connections."""
        if self._reading is not None:
            self._reading.cancel()
            await asyncio.wait([self._reading])
        await self._releases.close()

    async def _page(self, source: str, url: str) -> list[Passage]:
        return await self._releases.page(await self._asked(source), url)

    async def _asked(self, source: str) -> ReleaseManifest:
        manifest = await self.live(source)
        if manifest is None:
            raise no_index(source)
        return manifest

    async def _live(self) -> dict[str, ReleaseManifest]:
        """Return the live releases as they were within the last second. All who ask at once wait for one reading, which
        goes on when one of them leaves; one that failed is not kept."""
        loop = asyncio.get_running_loop()
        reading = self._reading
        is_failed = reading is not None and reading.done() and (reading.cancelled() or reading.exception() is not None)
        if reading is None or is_failed or (reading.done() and loop.time() >= self._until):
            reading = self._reading = loop.create_task(self._read_live())
        return await asyncio.shield(reading)

    async def _read_live(self) -> dict[str, ReleaseManifest]:
        async with self._releases.hurried():
            found = await self._releases.registry.live_manifests()
        self._until = asyncio.get_running_loop().time() + _FRESH_SECONDS
        return found
