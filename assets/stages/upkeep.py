"""Upkeep of lake and index: tables compacted, history and releases beyond their retention dropped."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import polars as pl

from assets.erasure.table_traces import TRACES
from assets.stages.inbox_listing import dropped_files
from assets.stages.retention import surplus_releases
from data_contracts.erasure import ERASURES
from data_contracts.inbox_file import INBOX_FILES
from data_contracts.table import Table
from lake import Lake, ObjectFolder
from lake.release_history import release_history
from lake.table_upkeep import TableUpkeep, keep_up_table
from retrieval.vector_store import VectorStore

TABLES: tuple[Table, ...] = (*(traces.table for traces in TRACES), ERASURES)
_LEAST_RELEASES = 2  # the live one and the one before it


@dataclass(frozen=True, slots=True)
class UpkeepReport:
    """`releases` were dropped, by source; `inbox_files` were deleted after they were read and kept long enough."""

    tables: Sequence[TableUpkeep]
    releases: Mapping[str, Sequence[str]]
    inbox_files: int
    dry_run: bool

    @property
    def freed_bytes(self) -> int:
        """Bytes of tables that were freed."""
        return sum(table.freed_bytes for table in self.tables)


def keep_up(
    lake: Lake,
    objects: ObjectFolder,
    store: VectorStore,
    *,
    history_days: int,
    keep_releases: int,
    inbox_days: int | None = None,
    dry_run: bool = False,
    tell: Callable[[str], None],
) -> UpkeepReport:
    """Keep up everything. Safe beside whatever else runs; running it twice does nothing the second time."""
    tables = []
    for table in TABLES:
        tell(f"table {table.name}")
        done = keep_up_table(lake, table, days=history_days, dry_run=dry_run)
        if done is not None:
            tables.append(done)
    before = datetime.now(UTC) - timedelta(days=history_days)
    tell("releases")
    dropped = {
        source: _drop_releases(lake, store, source, max(_LEAST_RELEASES, keep_releases), before, dry_run=dry_run)
        for source in store.sources()
    }
    tell("inbox")
    inbox = 0 if inbox_days is None else _drop_inbox(lake, objects, inbox_days, dry_run=dry_run)
    return UpkeepReport(tables, {source: ids for source, ids in dropped.items() if ids}, inbox, dry_run)


def _drop_releases(
    lake: Lake, store: VectorStore, source: str, keep: int, before: datetime, *, dry_run: bool
) -> list[str]:
    """Drop releases that are both more than are kept and older than the history."""
    built = {release.release_id: release.built_at for release in store.releases(source)}
    surplus = surplus_releases(store, release_history(lake, source), source, keep=keep)
    old = [release_id for release_id in surplus if built[release_id] < before]
    for release_id in [] if dry_run else old:
        store.drop(source, release_id)
    return old


def _drop_inbox(lake: Lake, objects: ObjectFolder, days: int, *, dry_run: bool) -> int:
    """Delete inbox files that were read in their present version, and long enough ago. Their pages stay."""
    before, count = datetime.now(UTC) - timedelta(days=days), 0
    for source, files in dropped_files(objects).items():
        read = lake.scan(INBOX_FILES, source=source).filter(pl.col("read_at") < before).select("key", "etag").collect()
        done = set(read.iter_rows())
        for file in (file for file in files if (file.key, file.etag) in done):
            count += 1
            if not dry_run:
                objects.delete(file.place)
    return count
