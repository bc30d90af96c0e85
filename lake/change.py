"""The two exceptions from "never changed": rows that must not be kept, and rows that name what must not be."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import polars as pl
from deltalake import DeltaTable
from deltalake.exceptions import CommitFailedError, DeltaError

from data_contracts.table import Table
from lake.commit import WRITER, commit_attempts
from lake.error import LakeBusy
from lake.tables import Tables

_Change = Callable[[DeltaTable, str], int]
_CHANGED_AT_ONCE = 500


def erase_rows(tables: Tables, table: Table, keys: pl.DataFrame, source: str) -> int:
    """Delete the rows of a source whose `keys` columns (strings) occur in `keys`; return how many."""

    def delete(delta: DeltaTable, rows: str) -> int:
        return int(delta.delete(rows, writer_properties=WRITER)["num_deleted_rows"])

    return _change(tables, table, keys, source, delete)


def rewrite_rows(
    tables: Tables, table: Table, keys: pl.DataFrame, values: Mapping[str, str | None], source: str
) -> int:
    """Give columns of the rows named as for `erase_rows` other texts, or null; return how many rows that were."""
    new = {name: "NULL" if value is None else _quoted(value) for name, value in values.items()}

    def update(delta: DeltaTable, rows: str) -> int:
        return int(delta.update(new, predicate=rows, writer_properties=WRITER)["num_updated_rows"])

    return _change(tables, table, keys, source, update)


def _change(tables: Tables, table: Table, keys: pl.DataFrame, source: str, change: _Change) -> int:
    """Apply a change to the rows with these keys, some hundred of them at a time."""
    slices = [keys.slice(start, _CHANGED_AT_ONCE) for start in range(0, keys.height, _CHANGED_AT_ONCE)]
    return sum(_changed(tables, table, _predicate(some, source), change) for some in slices)


def _changed(tables: Tables, table: Table, predicate: str, change: _Change) -> int:
    for _ in commit_attempts():
        delta = tables.open(table)
        if delta is None:
            return 0
        try:
            return change(delta, predicate)
        except CommitFailedError:
            continue
        except (DeltaError, OSError) as error:
            raise tables.unreachable(table, error) from error
    raise LakeBusy(f"{table.name}: other writers won every commit for too long; run it again")


def _predicate(keys: pl.DataFrame, source: str) -> str:
    """The SQL that holds for the rows of a source with one of the keys."""
    rows = (
        " AND ".join(f"{name} = {_quoted(value)}" for name, value in row.items()) for row in keys.iter_rows(named=True)
    )
    return f"source = {_quoted(source)} AND ({' OR '.join(f'({row})' for row in rows)})"


def _quoted(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"
