"""Upkeep of a table: few large files in the place of many small ones, and no history older than wanted.

Safe beside appenders: a compaction only replaces files that are there, and appends do not read any; of two changes of
the same files the later one gives way. A vacuum deletes files that were replaced longer ago than the retention, or that
no version names and that are older than it, so never one that an append under way has just written.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import polars as pl
from deltalake import DeltaTable
from deltalake.exceptions import CommitFailedError, DeltaError

from data_contracts.table import Table
from lake.commit import WRITER
from lake.lake import Lake
from lake.log_settings import HISTORY_BEGINS, history_begins, log_settings, missing_settings, retention
from lake.table_history import data_files

SMALL_BYTES = 16_000_000
MANY = 8
"""So many files of a partition smaller than that are merged."""


@dataclass(frozen=True, slots=True)
class TableUpkeep:
    """What upkeep did to a table, or would do. `files` are those of the present version; `merged` small ones became
    fewer. `freed_bytes` were deleted: files that only versions before `begins` read."""

    table: str
    files_before: int
    files_after: int
    merged: int
    freed_bytes: int
    begins: int
    note: str = ""


def keep_up_table(lake: Lake, table: Table, *, days: int, dry_run: bool) -> TableUpkeep | None:
    """Compact a table, delete its history older than `days`, and tidy its log; None for one without any row yet."""
    delta = lake.delta(table)
    if delta is None:
        return None
    before = len(delta.file_uris())
    crowded = _crowded_partitions(delta)
    if dry_run:
        freed = sum(_sizes(lake, table, set(_vacuum(delta, days, full=_is_settled(delta, table, days), dry_run=True))))
        return TableUpkeep(table.name, before, before, sum(crowded.values()), freed, history_begins(delta))
    full = _settle(delta, table, days)
    merged, note = _compact(lake, table, crowded)
    freed = 0
    if _note_begin(lake, table, days):
        freed = _vacuum_table(lake, table, days, full=full)
        delta = lake.delta(table) or delta
        delta.create_checkpoint()
        delta.cleanup_metadata()
    return TableUpkeep(table.name, before, len(delta.file_uris()), merged, freed, history_begins(delta), note)


def _crowded_partitions(delta: DeltaTable) -> dict[str, int]:
    """Partitions with many small files, and how many those are."""
    small: defaultdict[str, int] = defaultdict(int)
    adds = pl.DataFrame(delta.get_add_actions(flatten=True))
    if adds.is_empty():
        return {}
    for source, size in adds.select("partition.source", "size_bytes").iter_rows():
        small[source] += size < SMALL_BYTES
    return {source: count for source, count in small.items() if count >= MANY}


def _compact(lake: Lake, table: Table, crowded: dict[str, int]) -> tuple[int, str]:
    merged = 0
    for source in crowded:
        delta = lake.delta(table)
        if delta is None:
            break
        try:
            metrics = delta.optimize.compact(partition_filters=[("source", "=", source)], writer_properties=WRITER)
            merged += int(metrics["numFilesRemoved"])
        except CommitFailedError:  # its files were changed meanwhile; the next run finds them
            return merged, f"{source} was being changed and is left for the next run"
    return merged, ""


def _settings(table: Table, days: int) -> dict[str, str]:
    return log_settings(table) | retention(days)


def _is_settled(delta: DeltaTable, table: Table, days: int) -> bool:
    return not missing_settings(delta, _settings(table, days))


def _settle(delta: DeltaTable, table: Table, days: int) -> bool:
    """Give the table its settings; return whether it had them. Until it has had them for a while its log may have lost
    note of files that time travel still reads: then only files that it notes as replaced may be deleted."""
    missing = missing_settings(delta, _settings(table, days))
    if missing:
        try:
            delta.alter.set_table_properties(missing, raise_if_not_exists=False)
        except CommitFailedError:  # another writer, at the same moment; the next run sets them
            return False
    return not missing


def _vacuum(delta: DeltaTable, days: int, *, full: bool, dry_run: bool) -> list[str]:
    return delta.vacuum(retention_hours=24 * days, dry_run=dry_run, enforce_retention_duration=False, full=full)


def _note_begin(lake: Lake, table: Table, days: int) -> bool:
    """Write into the table since when it can be looked back at; return whether that stands there."""
    delta = lake.delta(table)
    begins = _version_at(lake, table, datetime.now(UTC) - timedelta(days=days))
    if delta is None or begins <= history_begins(delta):
        return True
    try:
        delta.alter.set_table_properties({HISTORY_BEGINS: str(begins)}, raise_if_not_exists=False)
    except CommitFailedError:  # another writer, at the same moment: the next run writes it
        return False
    return True


def _vacuum_table(lake: Lake, table: Table, days: int, *, full: bool) -> int:
    """Delete what only versions from before the history read; return how many bytes that frees."""
    delta = lake.delta(table)
    if delta is None:
        return 0
    sizes = _sizes(lake, table, set(_vacuum(delta, days, full=full, dry_run=True)))
    if sizes:
        _vacuum(delta, days, full=full, dry_run=False)
    return sum(sizes)


def _version_at(lake: Lake, table: Table, instant: datetime) -> int:
    delta = lake.delta(table)
    if delta is None:
        return 0
    try:
        delta.load_as_version(instant)
    except DeltaError:  # before the oldest entry of the log
        return 0
    return delta.version()


def _sizes(lake: Lake, table: Table, files: set[str]) -> list[int]:
    """The sizes of those of some files that are there."""
    names = {path.rsplit("/", 1)[-1] for path in files}
    return [file.size for file in data_files(lake, table) if file.key.rsplit("/", 1)[-1] in names]
