"""The crawl's way into the lake: batches of page versions, then their ledger rows, written beside the crawl.

A batch is closed by count, bytes or age. Page versions are written first, so that no ledger row ever names a version
that is not there; a crash between the two costs a second download, and the version is then found to be there.
"""

from __future__ import annotations

import asyncio
from time import monotonic
from typing import Any

import polars as pl

from data_contracts.crawl_ledger import CRAWL_LEDGER
from data_contracts.page_version import PAGE_VERSIONS
from lake.lake import Lake

_BATCH_PAGES = 256
_BATCH_BYTES = 16_000_000
_BATCH_ROWS = 5_000
_SHORTEST_SECONDS = 3.0
_LONGEST_SECONDS = 30.0

Row = dict[str, Any]


class CrawlStore:
    """Buffers rows of one crawl and pours them into the lake; at most two batches are in memory."""

    def __init__(self, lake: Lake, source: str) -> None:
        self._lake = lake
        self._source = source
        self._versions: list[Row] = []
        self._ledger: list[Row] = []
        self._bytes = 0
        self._opened = self._poured = monotonic()
        self._pouring: asyncio.Task[None] | None = None
        self.pages_added = 0

    def add_version(self, row: Row) -> None:
        """Buffer a page version."""
        self._versions.append(row)
        self._bytes += row["body_bytes"]

    def add_ledger(self, row: Row) -> None:
        """Buffer a ledger row."""
        self._ledger.append(row)

    async def pour_when_due(self) -> None:
        """Start writing when the batch is full or old; waits only while the batch before it is still being written."""
        if self._is_due():
            await self._settle()
            versions, ledger = self._take()
            self._pouring = asyncio.create_task(asyncio.to_thread(self._write, versions, ledger))

    async def pour(self) -> None:
        """Write all that is buffered and wait until it is in the lake."""
        await self._settle()
        self._write(*self._take())

    def _is_due(self) -> bool:
        full = len(self._versions) >= _BATCH_PAGES or self._bytes >= _BATCH_BYTES or len(self._ledger) >= _BATCH_ROWS
        # A long crawl writes less often, or a slow one would leave a file for every few pages.
        longest = min(_LONGEST_SECONDS, _SHORTEST_SECONDS + (monotonic() - self._opened) / 20)
        return full or (bool(self._ledger) and monotonic() - self._poured > longest)

    def _take(self) -> tuple[list[Row], list[Row]]:
        taken = self._versions, self._ledger
        self._versions, self._ledger, self._bytes, self._poured = [], [], 0, monotonic()
        return taken

    async def _settle(self) -> None:
        if self._pouring is not None:
            pouring, self._pouring = self._pouring, None
            await pouring

    def _write(self, versions: list[Row], ledger: list[Row]) -> None:
        if versions:
            frame = pl.DataFrame(versions, schema=PAGE_VERSIONS.schema.create_empty().schema)
            self.pages_added += self._lake.append(PAGE_VERSIONS, frame, source=self._source).added
        if ledger:
            frame = pl.DataFrame(ledger, schema=CRAWL_LEDGER.schema.create_empty().schema)
            self._lake.append(CRAWL_LEDGER, frame, source=self._source)
