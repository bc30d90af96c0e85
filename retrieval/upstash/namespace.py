"""One namespace of an index: reading it page by page, waiting until it holds what it should, deleting it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from upstash_vector import AsyncIndex
from upstash_vector.types import FetchResult

from retrieval.error import IndexDamaged
from retrieval.upstash.plan import UpstashPlan
from retrieval.vector_store import ReleaseManifest

_SCAN = 1000
_FIRST_PAUSE, _LONGEST_PAUSE = 0.05, 2.0


async def scanned(
    index: AsyncIndex, namespace: str, plan: UpstashPlan, *, whole: bool = False
) -> AsyncIterator[list[FetchResult]]:
    """Yield the rows, a page at a time: whole, or their metadata only."""
    cursor, limit = "", plan.top if whole else _SCAN
    while True:
        page = await index.range(
            cursor=cursor,
            limit=limit,
            namespace=namespace,
            include_metadata=not whole,
            include_vectors=whole,
            include_data=whole,
        )
        if page.vectors:
            yield page.vectors
        if not page.next_cursor:
            return
        cursor = page.next_cursor


async def settled(
    index: AsyncIndex, namespace: str, manifest: ReleaseManifest, plan: UpstashPlan, *, rows: int
) -> None:
    """Wait until the namespace holds exactly so many rows of a release and none is on its way. Raises IndexDamaged."""
    pause, waited = _FIRST_PAUSE, 0.0
    while True:
        there = (await index.info()).namespaces.get(namespace)
        count, pending = (there.vector_count, there.pending_vector_count) if there else (0, 0)
        if (count, pending) == (rows, 0):
            return
        if waited > plan.settle:
            raise IndexDamaged(
                f"The release {manifest.release_id} of {manifest.source} has {count} rows in Upstash instead "
                f"of {rows} ({pending} on their way). Run vector_index again: it sends what is missing."
            )
        await asyncio.sleep(pause)
        waited += pause
        pause = min(2 * pause, _LONGEST_PAUSE)


async def delete_namespace(index: AsyncIndex, name: str) -> None:
    """Delete a namespace; one that is not there is no error."""
    if name in await index.list_namespaces():
        await index.delete_namespace(name)
