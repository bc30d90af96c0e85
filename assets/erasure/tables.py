"""Taking an erased page out of a table, and then out of its history."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl

from assets.erasure.rows import RowSearch, search_rows
from assets.erasure.table_traces import TableTraces
from assets.erasure.target import Target
from data_contracts.boilerplate import BOILERPLATE
from lake import Lake
from lake.table_history import data_files, end_history, table_folder

ABANDONED_AFTER = timedelta(minutes=1)
"""How long a data file that no version names may belong to an append: its commit follows at once. What a delete or a
compaction that lost a race has left behind looks the same."""


def erase_from_table(lake: Lake, traces: TableTraces, target: Target) -> int:
    """Delete the page's rows, blank what names it in others, and end the table's history; return how many rows that
    concerned. A table that holds nothing of the page keeps its history."""
    found = search_rows(lake, traces, target)
    if found.finding.is_clean:
        return 0
    if found.own.height:
        _take_out(lake, traces, target, found)
    end_history(lake, traces.table)
    _delete_strays(lake, traces, target)
    return found.own.height


def _take_out(lake: Lake, traces: TableTraces, target: Target, found: RowSearch) -> None:
    if target.is_whole:
        for source in found.own["source"].unique():
            keys = found.own.filter(pl.col("source") == source) if source != target.source else _all_of(source)
            lake.erase(traces.table, _texts(keys), source=source)
    elif traces.table.name == BOILERPLATE.name:
        _blank_examples(lake, target, found.own)
    elif traces.blanks:
        if "url" in traces.names:
            lake.erase(traces.table, found.own.select("url").filter(_ours(target)).unique(), source=target.source)
        _blank(lake, traces, target)
    else:
        for source in found.own["source"].unique():
            lake.erase(traces.table, _texts(found.own.filter(pl.col("source") == source)), source=source)


def _all_of(source: str) -> pl.DataFrame:
    return pl.DataFrame({"source": [source]})


def _texts(keys: pl.DataFrame) -> pl.DataFrame:
    """The columns of keys that are texts: they are enough to name the rows."""
    return keys.select(pl.col(pl.String)).unique()


def _ours(target: Target) -> pl.Expr:
    return pl.col("url").is_in(list(target.urls))


def _blank(lake: Lake, traces: TableTraces, target: Target) -> None:
    """Put something else in the place of what names the page, column by column."""
    for column, replacement in traces.blanks.items():
        values = lake.scan(traces.table, source=target.source).select(column).drop_nulls().unique().collect()[column]
        telling = [value for value in values if target.wording.tells(value)]
        if telling:
            keys = pl.DataFrame({column: telling})
            lake.rewrite(traces.table, keys, {column: replacement}, source=target.source)


def _blank_examples(lake: Lake, target: Target, own: pl.DataFrame) -> None:
    """Blocks that recur on many pages name one page as an example: the lesson stays without it."""
    lessons = (
        lake.scan(BOILERPLATE, source=target.source).join(own.select("lesson_id").lazy(), on="lesson_id").collect()
    )
    lake.erase(BOILERPLATE, lessons.select("lesson_id"), source=target.source)
    rows = [
        row | {"blocks": [_without_example(block, target) for block in row["blocks"]]} for row in lessons.to_dicts()
    ]
    lake.append(BOILERPLATE, pl.DataFrame(rows, schema=lessons.schema), source=target.source)


def _without_example(block: dict[str, Any], target: Target) -> dict[str, Any]:
    told = {name: "" for name in ("url", "text") if target.wording.tells(block[name])}
    return block | told


def _delete_strays(lake: Lake, traces: TableTraces, target: Target) -> None:
    """Delete files with the page's rows that no version names, once it is sure that no append is about to name them."""
    strays = search_rows(lake, traces, target).strays
    if not strays:
        return
    youngest = max(file.modified_at for file in strays)
    time.sleep(max(0.0, (youngest + ABANDONED_AFTER - datetime.now(UTC)).total_seconds()))
    delta = lake.delta(traces.table)
    named = set() if delta is None else {uri.rsplit("/", 1)[-1] for uri in delta.file_uris()}
    there = {file.key for file in data_files(lake, traces.table)}
    for file in strays:
        if file.key in there and file.key.rsplit("/", 1)[-1] not in named:
            table_folder(lake, traces.table).delete(file.key)
