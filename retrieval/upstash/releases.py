"""Releases in one Upstash index, asked and changed asynchronously."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, replace
from typing import Any

from upstash_vector.types import FetchResult, Vector

from data_contracts.passage import Passage, ScoredPassage
from retrieval.embedder import Vectors
from retrieval.error import IndexMissing, ModelMismatch, RetrievalError
from retrieval.ranking import Ranking, calibrated
from retrieval.release_files import checked_name
from retrieval.upstash.namespace import delete_namespace, scanned, settled
from retrieval.upstash.plan import UpstashPlan
from retrieval.upstash.question import ask, nearest, page_passages
from retrieval.upstash.registry import Registry
from retrieval.upstash.row import HASH
from retrieval.upstash.sweep import PAGES, REGISTRY, sweep
from retrieval.upstash.transport import PatientIndex
from retrieval.vector_store import ReleaseManifest, SearchMode


def no_index(source: str) -> IndexMissing:
    """What is raised where a source has no live release."""
    return IndexMissing(f"{source} has no index yet. Run its pipeline up to vector_index, then ask again.")


def _check_model(manifest: ReleaseManifest, model_id: str) -> None:
    if manifest.model_id != model_id:
        raise ModelMismatch(
            f"The index of {manifest.source} was made with the embedding model {manifest.model_id}, the question with "
            f"{model_id}. Ask with the index's model, or build {manifest.source} again with the new one."
        )


@dataclass(frozen=True, slots=True)
class Building:
    """A release under construction; `there` are the rows that an earlier try left, each with its hash."""

    manifest: ReleaseManifest
    namespace: str
    there: dict[str, str]


class UpstashReleases:
    """Everything that a `VectorStore` does, for one event loop. `prefix` keeps deployments that share an index apart.

    Errors: those of `VectorStore`, StoreUnreachable and Throttled.
    """

    def __init__(self, url: str, token: str, plan: UpstashPlan, *, prefix: str) -> None:
        self._index = PatientIndex(url, token, patience=plan.patience)
        self._plan = plan
        self._prefix = checked_name(prefix)
        self.registry = Registry(self._index, f"{self._prefix}.{REGISTRY}", settle=plan.settle)

    async def close(self) -> None:
        """Close the connections."""
        await self._index.close()

    def _namespace(self, source: str, release_id: str) -> str:
        return f"{self._prefix}.{checked_name(source)}.{checked_name(release_id)}"

    # -- asking ----------------------------------------------------------------------------------------------------

    async def live(self, source: str) -> ReleaseManifest | None:
        """Return the live release of a source, None when there is none."""
        release_id = await self.registry.live(checked_name(source))
        return None if release_id is None else await self._built(source, release_id)

    async def found(
        self,
        manifest: ReleaseManifest,
        *,
        vector: Vectors,
        text: str,
        model_id: str,
        limit: int,
        mode: SearchMode,
        ranking: Ranking,
    ) -> list[ScoredPassage]:
        """Return the best passages of a release, best first; see `VectorStore.search`."""
        _check_model(manifest, model_id)
        if not manifest.chunks or limit < 1:
            return []
        async with self.hurried():
            return await ask(
                self._index,
                self._namespace(manifest.source, manifest.release_id),
                vector=vector,
                text=text,
                pages=PAGES,
                limit=limit,
                mode=mode,
                ranking=calibrated(ranking, manifest.evaluation),
                plan=self._plan,
            )

    async def page(self, manifest: ReleaseManifest, url: str) -> list[Passage]:
        """Return a release's passages of a page, in order; see `ReleaseReader.page`."""
        if not manifest.chunks:
            return []
        async with self.hurried():
            space = self._namespace(manifest.source, manifest.release_id)
            return await page_passages(self._index, space, url, dimension=manifest.dimension, plan=self._plan)

    async def find(
        self, manifest: ReleaseManifest, chunk_ids: Collection[str], *, vector: Vectors, model_id: str
    ) -> list[ScoredPassage]:
        """Return those of the chunks that the release holds; see `VectorStore.find`."""
        _check_model(manifest, model_id)
        async with self.hurried():
            rows = await self._fetched(self._namespace(manifest.source, manifest.release_id), list(chunk_ids))
            return nearest(rows, vector)

    def hurried(self) -> AbstractAsyncContextManager[None]:
        """Give up after the time that a person waits for. Errors: StoreUnreachable, when it is over."""
        return self._index.hurried(self._plan.question_patience)

    async def named(self, source: str, release_id: str | None) -> ReleaseManifest:
        """Return the manifest of a built release, or of the live one. Errors: IndexMissing."""
        async with self.hurried():
            named = release_id or await self.registry.live(checked_name(source))
            if named is None:
                raise no_index(source)
            return await self._built(source, named)

    async def _built(self, source: str, release_id: str) -> ReleaseManifest:
        manifest = await self.registry.manifest(source, release_id)
        if manifest is None:
            raise IndexMissing(f"{source} has no release {release_id}. Build it first.")
        return manifest

    async def _fetched(self, namespace: str, ids: Sequence[str]) -> list[FetchResult]:
        found: list[FetchResult] = []
        for start in range(0, len(ids), self._plan.top):
            rows = await self._index.fetch(
                list(ids[start : start + self._plan.top]), include_vectors=True, include_data=True, namespace=namespace
            )
            found += [row for row in rows if row is not None]
        return found

    async def rows(self, source: str, release_id: str, *, whole: bool) -> AsyncIterator[list[FetchResult]]:
        """Yield the rows of a built release, a page at a time: whole, or their metadata only."""
        await self._built(source, release_id)
        async for page in scanned(self._index, self._namespace(source, release_id), self._plan, whole=whole):
            yield page

    # -- building --------------------------------------------------------------------------------------------------

    async def begin(self, manifest: ReleaseManifest) -> Building | None:
        """Start or resume a build; None when the release is there already."""
        source, release_id = checked_name(manifest.source), manifest.release_id
        if await self.registry.manifest(source, release_id) is not None:
            return None
        await self.registry.begin(source, release_id)
        await sweep(self._index, self.registry, source, self._namespace(source, "x")[:-1])
        return await self._resumed(manifest, self._namespace(source, release_id))

    async def begin_pages(self, building: Building) -> Building:
        """Start or resume the part of a build that holds the words of whole pages."""
        return await self._resumed(building.manifest, building.namespace + PAGES)

    async def _resumed(self, manifest: ReleaseManifest, namespace: str) -> Building:
        there: dict[str, str] = {}
        if (await self._index.info()).namespaces.get(namespace) is not None:
            async for page in scanned(self._index, namespace, self._plan):
                there |= {row.id: (row.metadata or {}).get(HASH, "") for row in page}
        return Building(manifest, namespace, there)

    async def send(self, building: Building, rows: list[Vector]) -> None:
        """Write rows."""
        payload: Any = rows
        await self._index.upsert(payload, namespace=building.namespace)

    async def still(self, building: Building) -> None:
        """Say that the build goes on."""
        await self.registry.begin(building.manifest.source, building.manifest.release_id)

    async def settle(self, building: Building, sent: Collection[str]) -> None:
        """Delete what does not belong there, and wait until every row that was sent is seen. Raises IndexDamaged."""
        orphans = [row_id for row_id in building.there if row_id not in sent] if building.there else []
        for start in range(0, len(orphans), self._plan.rows):
            ids: Any = orphans[start : start + self._plan.rows]
            await self._index.delete(ids=ids, namespace=building.namespace)
        await settled(self._index, building.namespace, building.manifest, self._plan, rows=len(sent))

    async def finish(self, manifest: ReleaseManifest) -> None:
        """Write a release down whose rows are all there."""
        await self.registry.keep(manifest)
        await self.registry.end(manifest.source, manifest.release_id)

    # -- changing --------------------------------------------------------------------------------------------------

    async def evaluated(self, source: str, release_id: str, evaluation: Any) -> None:
        """Keep an evaluation with its release."""
        await self.registry.keep(replace(await self._built(source, release_id), evaluation=evaluation))

    async def promote(self, source: str, release_id: str) -> None:
        """Make a built release the live one. A drop at the same moment loses or wins whole: both look again after
        their write."""
        await self._built(source, release_id)
        before = await self.registry.live(source)
        await self.registry.point(source, release_id)
        if await self.registry.manifest(source, release_id) is None:
            await self.registry.point(source, before)
            raise IndexMissing(f"{source} has no release {release_id} any more: it was dropped at this moment.")

    async def drop(self, source: str, release_id: str) -> None:
        """Delete a release that is not live; see `VectorStore.drop`."""
        manifest = await self.registry.manifest(source, release_id)
        live = await self.registry.live(source)
        if live != release_id and manifest is not None:
            await self.registry.forget(source, release_id)
            live = await self.registry.live(source)
            if live == release_id:
                await self.registry.keep(manifest)
        if live == release_id:
            raise RetrievalError(f"{release_id} is the live release of {source}. Promote another one first.")
        if manifest is not None:
            await delete_namespace(self._index, self._namespace(source, release_id))
            await delete_namespace(self._index, self._namespace(source, release_id) + PAGES)
