"""Follows erasures: what the lake was told to forget, the chat's database forgets, too."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import UTC, datetime
from typing import Protocol

from data_contracts.erasure import ERASURES, WHOLE_SOURCE
from data_contracts.identity import text_hash
from lake import Lake


class Forgetting(Protocol):
    """Something that keeps text of pages."""

    async def erase(self, source: str, url_hashes: Collection[str] | None, *, before: datetime) -> int:
        """Delete what was made before an instant from pages of a source, named by the sha256 of their canonical URLs
        (None: from any of its pages); return how much that was. Doing it again changes nothing. Errors: DatabaseError
        kinds."""
        ...


class Erasing:
    """Reads the lake's decisions on pages and has every keeper follow them."""

    def __init__(self, lake: Lake, keepers: Sequence[Forgetting]) -> None:
        self._lake = lake
        self._keepers = keepers
        self._done: int | None = None

    async def follow(self, *, again: bool = False) -> int:
        """Delete what was made from erased pages; return how much. Nothing is done when nothing was decided since the
        last time, unless `again`: an answer that was being written during an erasure is kept after it.

        Errors: LakeError and DatabaseError kinds; the next call does what was left.
        """
        version = await asyncio.to_thread(self._lake.version, ERASURES)
        if version is None or (version == self._done and not again):
            return 0
        gone = 0
        for source, before, hashes in await asyncio.to_thread(self._decisions):
            for keeper in self._keepers:
                gone += await keeper.erase(source, hashes, before=before)
        self._done = version
        return gone

    def _decisions(self) -> list[tuple[str, datetime, Collection[str] | None]]:
        """(source, instant, URL hashes or None for all): pages that are out, or were until they were let in again."""
        now, whole = datetime.now(UTC), text_hash(WHOLE_SOURCE)
        rows = self._lake.scan(ERASURES).sort("at", "is_out").unique(["source", "url_hash"], keep="last")
        grouped: defaultdict[tuple[str, datetime], set[str]] = defaultdict(set)
        for row in rows.select("source", "url_hash", "at", "is_out").collect().iter_rows(named=True):
            grouped[row["source"], now if row["is_out"] else row["at"]].add(row["url_hash"])
        return [
            (source, before, None if whole in hashes else hashes)
            for (source, before), hashes in sorted(grouped.items())
        ]
