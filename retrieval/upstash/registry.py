"""Which releases there are, which are being built, and which is live: rows of a namespace of their own.

A row is one key, so it is written whole or not at all, and the pointer to the live release is one row: promoting is
atomic. A release's row is written after its passages were seen to be there, and deleted before they are.
"""

from __future__ import annotations

import asyncio
import json
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from upstash_vector import AsyncIndex
from upstash_vector.types import SparseVector, Vector

from retrieval.error import IndexDamaged, StoreUnreachable
from retrieval.vector_store import ReleaseManifest

_LIVE, _RELEASE, _BUILDING = "live", "release", "building"
_FIRST_PAUSE, _LONGEST_PAUSE = 0.05, 2.0


class Registry:
    """The rows of one deployment; `name` is the namespace. `settle` is how many seconds a write may take to be seen."""

    def __init__(self, index: AsyncIndex, name: str, *, settle: float) -> None:
        self._index = index
        self._name = name
        self._settle = settle
        self._dimension = 0

    async def live(self, source: str) -> str | None:
        """Return the id of a source's live release."""
        return await self._read(_key(_LIVE, source))

    async def lives(self) -> dict[str, str]:
        """Return the id of the live release of every source that has one."""
        rows = await self._rows(f"{_LIVE}|")
        return {key.split("|")[1]: data for key, data in rows.items()}

    async def live_manifests(self) -> dict[str, ReleaseManifest]:
        """Return the manifest of the live release of every source that has one, in two requests for all of them."""
        lives = await self.lives()
        keys = [_key(_RELEASE, source, release_id) for source, release_id in lives.items()]
        found = await self._index.fetch(keys, include_data=True, namespace=self._name) if keys else []
        rows = zip(lives, found, strict=True)
        return {source: _manifest(row.data or "") for source, row in rows if row is not None}

    async def point(self, source: str, release_id: str | None) -> None:
        """Make a release live, or none, and wait until that is seen."""
        await self._put(_key(_LIVE, source), release_id)

    async def manifest(self, source: str, release_id: str) -> ReleaseManifest | None:
        """Return a built release's manifest, None when it is not there."""
        text = await self._read(_key(_RELEASE, source, release_id))
        return None if text is None else _manifest(text)

    async def manifests(self, source: str) -> list[ReleaseManifest]:
        """Return the manifests of all built releases of a source, newest first."""
        rows = await self._rows(_key(_RELEASE, source, ""))
        return sorted(map(_manifest, rows.values()), key=lambda one: one.built_at, reverse=True)

    async def keep(self, manifest: ReleaseManifest) -> None:
        """Write a built release down and wait until that is seen."""
        text = json.dumps(asdict(manifest) | {"built_at": manifest.built_at.isoformat()}, ensure_ascii=False)
        await self._put(_key(_RELEASE, manifest.source, manifest.release_id), text)

    async def forget(self, source: str, release_id: str) -> None:
        """Delete a release's row and wait until nobody sees it."""
        await self._put(_key(_RELEASE, source, release_id), None)

    async def begin(self, source: str, release_id: str) -> None:
        """Note that somebody builds a release now, or is still at it."""
        await self._put(_key(_BUILDING, source, release_id), datetime.now(UTC).isoformat())

    async def end(self, source: str, release_id: str) -> None:
        """Note that nobody builds it any more."""
        await self._put(_key(_BUILDING, source, release_id), None)

    async def building(self, source: str) -> dict[str, datetime]:
        """Return when each release that is being built was last worked on."""
        rows = await self._rows(_key(_BUILDING, source, ""))
        return {key.split("|")[2]: datetime.fromisoformat(data) for key, data in rows.items()}

    async def _read(self, key: str) -> str | None:
        [row] = await self._index.fetch([key], include_data=True, namespace=self._name)
        return None if row is None else row.data

    async def _rows(self, prefix: str) -> dict[str, str]:
        found: dict[str, str] = {}
        cursor = ""
        while True:
            page = await self._index.range(
                cursor=cursor, limit=1000, prefix=prefix, include_data=True, namespace=self._name
            )
            found |= {row.id: row.data or "" for row in page.vectors if row.id.startswith(prefix)}
            if not page.next_cursor:
                return found
            cursor = page.next_cursor

    async def _put(self, key: str, data: str | None) -> None:
        """Write or delete a row, and wait until a reader sees that, or what somebody else wrote after it."""
        before = await self._read(key)
        if before == data:
            return
        if data is None:
            await self._index.delete(ids=[key], namespace=self._name)
        else:
            unit = [1.0] + [0.0] * (await self._dimensions() - 1)
            row: Any = Vector(id=key, vector=unit, sparse_vector=SparseVector([1], [1.0]), data=data)
            await self._index.upsert([row], namespace=self._name)
        pause, waited = _FIRST_PAUSE, 0.0
        while await self._read(key) == before:
            if waited > self._settle:
                raise StoreUnreachable(
                    f"Upstash Vector has not shown a change within {self._settle:g} seconds. Run it again; what was "
                    "written is kept."
                )
            await asyncio.sleep(pause)
            waited += pause
            pause = min(2 * pause, _LONGEST_PAUSE)

    async def _dimensions(self) -> int:
        if not self._dimension:
            self._dimension = (await self._index.info()).dimension
        return self._dimension


def _key(kind: str, *names: str) -> str:
    return "|".join((kind, *names))


def _manifest(text: str) -> ReleaseManifest:
    try:
        fields = json.loads(text)
        fields["built_at"] = datetime.fromisoformat(fields["built_at"])
        fields["starters"] = tuple(fields["starters"])
        return ReleaseManifest(**fields)
    except (ValueError, KeyError, TypeError) as error:
        raise IndexDamaged(
            f"A release's manifest in Upstash cannot be read ({error}). Build the source again: materialize "
            "vector_index."
        ) from error
