"""Searching a table as it lies on the disk: every data file, whatever version names it, and the log beside them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

import polars as pl
import pyarrow as pa
import pyarrow.fs as pa_fs
import pyarrow.parquet as pq
from deltalake.fs import DeltaStorageHandler

from assets.erasure.finding import Finding
from assets.erasure.table_traces import MENTIONS, OWN, TableTraces
from assets.erasure.target import Target
from assets.erasure.wording import Wording
from data_contracts.chat_turn import CHAT_TURNS, FEEDBACK
from data_contracts.table import Table
from lake import Lake, ObjectFacts
from lake.table_history import LOG, data_files, table_folder

_BATCH_ROWS = 512
_ACROSS_SOURCES = (CHAT_TURNS.name, FEEDBACK.name)  # a turn may search several sources at once


@dataclass(frozen=True, slots=True)
class RowSearch:
    """What a search of a table found. `own` are the keys of the page's rows that the present version holds, with their
    source; `strays` the files with rows of it that only older versions name, or none."""

    finding: Finding
    own: pl.DataFrame
    strays: tuple[ObjectFacts, ...]


def search_rows(lake: Lake, traces: TableTraces, target: Target) -> RowSearch:
    """Search a table for a target's rows."""
    table = traces.table
    delta = lake.delta(table)
    named = set() if delta is None else {uri.rsplit("/", 1)[-1] for uri in delta.file_uris()}
    own: list[pl.DataFrame] = [_no_keys(table)]
    strays: list[ObjectFacts] = []
    older = mentions = 0
    for file in data_files(lake, table):
        if not concerns(file, table, target):
            continue
        keys, mentioned = _search_file(lake, traces, target, file)
        if file.key.rsplit("/", 1)[-1] in named:
            own.append(keys)
            mentions += mentioned
        elif keys.height:
            strays.append(file)
            older += keys.height
    keys = pl.concat(own)
    log_hits = _log_hits(lake, table, target.wording)
    finding = Finding(f"table {table.name}", "rows", keys.height, older + log_hits, mentions)
    return RowSearch(finding, keys, tuple(strays))


def concerns(file: ObjectFacts, table: Table, target: Target) -> bool:
    """Whether a data file's partition can hold rows of the target."""
    partition = _partition(file)
    if table.name in _ACROSS_SOURCES:
        return target.source in partition.split(",") or partition == "unknown"
    return partition == target.source


def _partition(file: ObjectFacts) -> str:
    return unquote(file.key.split("/", 1)[0].partition("=")[2])


def _no_keys(table: Table) -> pl.DataFrame:
    return table.schema.create_empty().select(list(dict.fromkeys(("source", *table.key))))


def _search_file(lake: Lake, traces: TableTraces, target: Target, file: ObjectFacts) -> tuple[pl.DataFrame, int]:
    """Return the keys of the target's rows in a data file, and how many others mention it."""
    empty = _no_keys(traces.table)
    found, mentions = [empty], 0
    if not target.is_whole and not traces.columns:
        return empty, 0
    for rows in _batches(lake, traces, file):
        judged = traces.judged(rows.with_columns(source=pl.lit(_partition(file))), target)
        found.append(judged.filter(OWN).select(empty.columns).cast(empty.schema))
        mentions += int(judged[MENTIONS].sum())
    return pl.concat(found), mentions


def _batches(lake: Lake, traces: TableTraces, file: ObjectFacts) -> Iterator[pl.DataFrame]:
    table = traces.table
    handler = DeltaStorageHandler(f"{lake.url}/{table.name}", lake.storage_options)
    try:
        with pq.ParquetFile(pa_fs.PyFileSystem(handler).open_input_file(file.key)) as parquet:
            wanted = [*_no_keys(table).columns, *traces.columns]
            there = [name for name in dict.fromkeys(wanted) if name in parquet.schema_arrow.names]
            for batch in parquet.iter_batches(_BATCH_ROWS, columns=there):
                yield pl.DataFrame(pa.Table.from_batches([batch]))
    except FileNotFoundError:
        return  # deleted since it was listed


def _log_hits(lake: Lake, table: Table, wording: Wording) -> int:
    """Count what the table's log tells: in conditions of deletes, and in bounds of columns."""
    folder, hits = table_folder(lake, table), 0
    for file in folder.files(LOG):
        if file.key.endswith(".json"):
            data = folder.read(file.key)
            hits += wording.hits(data.replace(b'\\"', b'"'))
            adds = [json.loads(line).get("add") for line in data.splitlines() if line.strip()]
        elif file.key.endswith(".parquet"):
            adds = pq.read_table(pa.BufferReader(folder.read(file.key)), columns=["add"])["add"].to_pylist()
        else:
            continue
        hits += sum(_telling_bounds(add, wording) for add in adds if add)
    return hits


def _telling_bounds(add: dict[str, Any], wording: Wording) -> int:
    stats = json.loads(add.get("stats") or "{}")
    bounds = [*stats.get("minValues", {}).values(), *stats.get("maxValues", {}).values()]
    return sum(isinstance(bound, str) and wording.begins(bound) for bound in bounds)
