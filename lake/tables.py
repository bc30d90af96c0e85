"""Where the lake's tables are, and how each is opened: as it is, as it was, or newly created."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from deltalake import DeltaTable, Schema
from deltalake.exceptions import CommitFailedError, DeltaError, TableNotFoundError

from data_contracts.table import Table
from lake.error import HistoryEnded, LakeUnreachable
from lake.log_settings import history_begins, log_settings
from lake.s3_failure import advice

AsOf = int | datetime | Mapping[str, int | None]
"""A table version, the instant at which to look back, or each table's version by name (None: not yet written)."""

_OPEN_ATTEMPTS = 3


class Tables:
    """All tables under `url`: a folder, or `s3://bucket/prefix` with options as delta-rs names them.

    Errors: LakeUnreachable when the place cannot be read or written, HistoryEnded for a past that is not kept.
    """

    def __init__(self, url: str, options: Mapping[str, str]) -> None:
        self.url = url
        self._options = dict(options)

    def _url(self, table: Table) -> str:
        return f"{self.url}/{table.name}"

    def open(self, table: Table, as_of: AsOf | None = None) -> DeltaTable | None:
        """Return a table as it is or was; None when nothing was written yet."""
        if isinstance(as_of, Mapping):
            if as_of.get(table.name, 0) is None:
                return None
            as_of = as_of.get(table.name)
        try:
            delta = self._newest(table)
            return delta if as_of is None else _at(delta, table, as_of)
        except TableNotFoundError:
            return None
        except (DeltaError, OSError) as error:
            raise self.unreachable(table, error) from error

    def _newest(self, table: Table) -> DeltaTable:
        for _ in range(_OPEN_ATTEMPTS):
            try:
                return DeltaTable(self._url(table), storage_options=self._options)
            except TableNotFoundError:
                raise
            except DeltaError as error:  # upkeep deleted an old part of the log after it was listed
                if "not found" not in str(error):
                    raise
        return DeltaTable(self._url(table), storage_options=self._options)

    def unreachable(self, table: Table, error: Exception) -> LakeUnreachable:
        """Say what could not be done and what to check."""
        todo = advice(error) or "Check LORECHAT_LAKE, its credentials and the free space there."
        return LakeUnreachable(f"cannot use table {table.name} at {self.url}: {error}. {todo}")

    def open_or_create(self, table: Table) -> DeltaTable:
        """Return a table ready to be written, with every column of its contract."""
        delta = self.open(table)
        if delta is not None:
            return self._with_new_columns_written(table, delta)
        try:
            DeltaTable.create(
                self._url(table),
                schema=_delta_schema(table),
                mode="ignore",
                partition_by=["source"],
                configuration=log_settings(table),
                storage_options=self._options,
            )
        except (DeltaError, OSError) as error:
            created = self.open(table)  # by another writer, at the same moment
            if created is None:
                raise self.unreachable(table, error) from error
            return created
        return self.open_or_create(table)

    def _with_new_columns_written(self, table: Table, delta: DeltaTable) -> DeltaTable:
        """Add the columns that the contract has got since the table was created; older rows hold null there."""
        there = {field.name for field in delta.schema().fields}
        newer = [field for field in _delta_schema(table).fields if field.name not in there]
        if not newer:
            return delta
        try:
            delta.alter.add_columns(newer)
        except CommitFailedError:  # another writer, at the same moment: perhaps with these very columns
            return self.open_or_create(table)
        except (DeltaError, OSError) as error:
            raise self.unreachable(table, error) from error
        return self.open_or_create(table)


def _at(delta: DeltaTable, table: Table, as_of: int | datetime) -> DeltaTable:
    """Take an open table back to what it was. Raises HistoryEnded when that is not kept any more."""
    begins, newest = history_begins(delta), delta.version()
    try:
        delta.load_as_version(as_of)
    except DeltaError:
        if isinstance(as_of, int) and as_of > newest:
            raise
    else:
        if delta.version() > begins or not begins or (delta.version() == begins and not _is_later(delta, as_of)):
            return delta
    raise HistoryEnded(
        f"{table.name} cannot be read as it was at {as_of}: its history begins with version {begins}. What is older "
        "was deleted, by its age or because something was erased (docs: How do I erase a page?)"
    )


def _is_later(delta: DeltaTable, as_of: int | datetime) -> bool:
    """Whether a version was made only after an instant: the oldest one stands in for all that are gone."""
    if isinstance(as_of, int):
        return False
    made_at = delta.history(1)[0].get("timestamp")
    return made_at is not None and made_at > as_of.timestamp() * 1000


def _delta_schema(table: Table) -> Schema:
    return Schema.from_arrow(table.schema.create_empty().to_arrow().schema)
