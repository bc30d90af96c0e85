"""What a table's log says beside the rows: which columns it keeps bounds of, and since when it can look back.

Delta writes the least and greatest value of a file's columns into the log, where they would outlive the rows that they
came from. Here it does so for names (hashes), numbers and instants only, so that no address and no text of a page ever
stands in a log.
"""

from __future__ import annotations

import dataframely as dy
from deltalake import DeltaTable

from data_contracts.table import HASH_PATTERN, Table

HISTORY_BEGINS = "lorechat.historyBegins"
"""The table property that names the oldest version that can still be read."""

BOUNDS = "delta.dataSkippingStatsColumns"
"""The table property that names the columns whose bounds the log keeps."""

_PLAIN = (dy.Int32, dy.Int64, dy.Float64, dy.Bool, dy.Datetime)
_RETENTIONS = ("delta.logRetentionDuration", "delta.deletedFileRetentionDuration")
DEFAULT_DAYS = 30


def log_settings(table: Table) -> dict[str, str]:
    """Return the properties that every table is created with."""
    return {BOUNDS: ",".join(_bounded(table)), **retention(DEFAULT_DAYS)}


def retention(days: int) -> dict[str, str]:
    """Return the properties that keep what time travel over so many days needs: the log's entries, and the note of
    which files were replaced when, without which a vacuum could not tell them from rubbish."""
    return dict.fromkeys(_RETENTIONS, f"interval {days} days")


def missing_settings(delta: DeltaTable, wanted: dict[str, str]) -> dict[str, str]:
    """Return those of the wanted properties that a table does not have yet."""
    there = delta.metadata().configuration
    return {name: value for name, value in wanted.items() if there.get(name) != value}


def history_begins(delta: DeltaTable) -> int:
    """Return the oldest version that can be read."""
    return int(delta.metadata().configuration.get(HISTORY_BEGINS) or 0)


def _bounded(table: Table) -> list[str]:
    columns = table.schema.columns().items()
    return [name for name, column in columns if isinstance(column, _PLAIN) or _is_hash(column)]


def _is_hash(column: dy.Column) -> bool:
    return isinstance(column, dy.String) and column.regex == HASH_PATTERN
