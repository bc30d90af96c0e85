"""The lake: Delta tables under one URL, partitioned by source, appended to and never updated.

A commit is atomic, so a killed writer leaves nothing half-written. Appenders to one source of one table are
serialised optimistically: every commit carries a Delta application transaction named after the source, so of two
that raced, the later one fails, drops the rows that the earlier one already brought, and tries again. That is why a
key never occurs twice, on a local folder and on S3 alike.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import polars as pl
from deltalake import CommitProperties, DeltaTable, Schema, Transaction, WriterProperties, write_deltalake
from deltalake.exceptions import CommitFailedError, DeltaError, TableNotFoundError

from data_contracts.quarantine import QUARANTINE
from data_contracts.table import Table
from lake.error import HistoryEnded, LakeBusy, LakeUnreachable
from lake.log_settings import history_begins, log_settings
from lake.rejection import Rejection, quarantine_rows, rejections

AsOf = int | datetime | Mapping[str, int | None]
"""A table version, the instant at which to look back, or each table's version by name (None: not yet written)."""

_Change = Callable[[DeltaTable, str], int]
_COMMIT_ATTEMPTS = 20
_COMMIT_SECONDS = 60.0
"""An appender gives up only after as many attempts and as long a time: one that just won begins anew with fresh keys,
which makes it faster than one that lost, so without pauses the same one wins again and again (measured)."""
_LONGEST_PAUSE = 0.5
_OPEN_ATTEMPTS = 3
_ERASED_AT_ONCE = 500
_WRITER = WriterProperties(compression="ZSTD", max_row_group_size=8192)


@dataclass(frozen=True, slots=True)
class Appended:
    """What became of a batch: rows `added`, `skipped` because their key was there, `quarantined` by a rule."""

    added: int = 0
    skipped: int = 0
    quarantined: int = 0

    def __add__(self, other: Appended) -> Appended:
        return Appended(self.added + other.added, self.skipped + other.skipped, self.quarantined + other.quarantined)


class Lake:
    """All tables under `url`: a folder, or `s3://bucket/prefix` with `storage_options` as delta-rs names them.

    Errors: LakeUnreachable when the place cannot be read or written, LakeBusy when other writers won every attempt.
    """

    def __init__(self, url: str, storage_options: Mapping[str, str] | None = None) -> None:
        self.url = url.rstrip("/")
        self._options = dict(storage_options or {})
        self._known: dict[tuple[str, str], tuple[int, pl.DataFrame]] = {}

    @property
    def storage_options(self) -> dict[str, str]:
        """What another process needs, besides the URL, to open the same lake. Holds credentials: never log it."""
        return dict(self._options)

    # -- reading ---------------------------------------------------------------------------------------------------

    def scan(self, table: Table, *, source: str | None = None, as_of: AsOf | None = None) -> pl.LazyFrame:
        """Return the rows of a table (one source's, or all) lazily; an empty frame when nothing was written yet."""
        delta = self._open(table, as_of)
        if delta is None:
            return table.schema.create_empty().lazy()
        rows = _with_new_columns(pl.scan_delta(delta), table)
        return rows if source is None else rows.filter(pl.col("source") == source)

    def delta(self, table: Table) -> DeltaTable | None:
        """Return the table as Delta knows it, for its upkeep; None when nothing was written yet."""
        return self._open(table)

    def version(self, table: Table) -> int | None:
        """Return the table's version, None when nothing was written yet."""
        delta = self._open(table)
        return None if delta is None else delta.version()

    def missing(
        self, upstream: pl.LazyFrame, table: Table, *, source: str, where: pl.Expr | None = None
    ) -> pl.DataFrame:
        """Return the distinct upstream rows that `table` has no row for, joined on the columns both name.

        `upstream` holds key columns only, named as in `table`; `where` narrows `table` first (for instance to the
        extractor version in use). Only key columns are read.
        """
        keys = upstream.collect_schema().names()
        there = self.scan(table, source=source)
        if where is not None:
            there = there.filter(where)
        return upstream.unique().join(there.select(keys), on=keys, how="anti").collect(engine="streaming")

    def batches(
        self,
        table: Table,
        keys: pl.DataFrame,
        *,
        source: str,
        columns: Sequence[str] | None = None,
        rows: int = 64,
    ) -> Iterator[pl.DataFrame]:
        """Yield the rows of `table` whose `keys` columns occur in `keys`, at most `rows` at a time, in stored order.

        The table is streamed once, whatever the number of keys, and memory holds a few batches.
        """
        delta = self._open(table)
        if delta is None or keys.is_empty():
            return
        wanted = list(dict.fromkeys([*(columns or table.schema.column_names()), *keys.columns]))
        dataset = delta.to_pyarrow_dataset(file_pruning_predicate=[("source", "=", source)])
        schema = table.schema.create_empty().schema
        there = [name for name in wanted if name in dataset.schema.names]
        newer = [pl.lit(None, schema[name]).alias(name) for name in wanted if name not in there]
        for record_batch in dataset.to_batches(columns=there, batch_size=rows, batch_readahead=2, fragment_readahead=1):
            frame = pl.DataFrame(record_batch).cast({name: schema[name] for name in there}).with_columns(newer)
            found = frame.join(keys, on=keys.columns, how="semi")
            if not found.is_empty():
                yield found.select(columns) if columns else found

    # -- writing ---------------------------------------------------------------------------------------------------

    def append(self, table: Table, rows: pl.DataFrame, *, source: str) -> Appended:
        """Validate a batch of one source and append what is new; rows that break a rule go to quarantine.

        Atomic: after a crash either the whole batch is there or nothing of it. Idempotent: a row whose key is there
        already, or earlier in the batch, is skipped. Columns that may be null may be left out.
        """
        rows = _with_optional_columns(rows, table).with_columns(source=pl.lit(source))
        rows = rows.unique(table.key, keep="first", maintain_order=True)
        valid, failure = table.schema.filter(rows, cast=True)
        rejected = list(rejections(table.name, failure))
        self._keep_rejected(rejected, source, table.name)
        for _ in _attempts():
            delta = self._open_or_create(table)
            known = self._known_keys(table, delta, source)
            new = valid.join(known, on=table.key, how="anti")
            if new.is_empty():
                return Appended(0, valid.height, len(rejected))
            if self._commit(table, delta, new, source):
                return Appended(new.height, valid.height - new.height, len(rejected))
        raise LakeBusy(
            f"{table.name}: other writers won every commit for {_COMMIT_SECONDS:.0f} s on source {source!r}; "
            "run it again, with fewer workers on this source"
        )

    def _commit(self, table: Table, delta: DeltaTable, new: pl.DataFrame, source: str) -> bool:
        """Write and commit on top of the version that `new` was checked against; False when another writer won."""
        checked = delta.version()
        try:
            write_deltalake(
                delta,
                new.to_arrow(),
                mode="append",
                writer_properties=_WRITER,
                commit_properties=CommitProperties(app_transactions=[Transaction(source, checked + 1)]),
            )
        except CommitFailedError:
            return False
        except (DeltaError, OSError) as error:
            raise self._unreachable(table, error) from error
        self._remember(table, source, checked, delta.version(), new)
        return True

    def _open_or_create(self, table: Table) -> DeltaTable:
        delta = self._open(table)
        if delta is not None:
            return self._with_new_columns_written(table, delta)
        try:
            DeltaTable.create(
                self._table_url(table),
                schema=_delta_schema(table),
                mode="ignore",
                partition_by=["source"],
                configuration=log_settings(table),
                storage_options=self._options,
            )
        except (DeltaError, OSError) as error:
            created = self._open(table)  # by another writer, at the same moment
            if created is None:
                raise self._unreachable(table, error) from error
            return created
        return self._open_or_create(table)

    def _with_new_columns_written(self, table: Table, delta: DeltaTable) -> DeltaTable:
        """Add the columns that the contract has got since the table was created; older rows hold null there."""
        there = {field.name for field in delta.schema().fields}
        newer = [field for field in _delta_schema(table).fields if field.name not in there]
        if not newer:
            return delta
        try:
            delta.alter.add_columns(newer)
        except CommitFailedError:  # another writer, at the same moment: perhaps with these very columns
            return self._open_or_create(table)
        except (DeltaError, OSError) as error:
            raise self._unreachable(table, error) from error
        return self._open_or_create(table)

    def _known_keys(self, table: Table, delta: DeltaTable, source: str) -> pl.DataFrame:
        """All keys of a source in `table`: kept from the last append when nobody else has written since."""
        version, keys = self._known.get((table.name, source), (-1, None))
        if keys is None or version != delta.version():
            scan = pl.scan_delta(delta).filter(pl.col("source") == source)
            keys = scan.select(table.key).collect(engine="streaming")
            self._known[table.name, source] = (delta.version(), keys)
        return keys

    def _remember(self, table: Table, source: str, checked: int, now: int, new: pl.DataFrame) -> None:
        """Add the keys just written; they are read again when another writer's commit lies between."""
        _, keys = self._known.pop((table.name, source))
        if now == checked + 1:
            self._known[table.name, source] = (now, pl.concat([keys, new.select(table.key)]))

    def quarantine(self, rows: Sequence[Mapping[str, Any]], *, source: str, stage: str, rule: str, reason: str) -> int:
        """Keep rows that a step could not handle, with the rule they broke and a sentence why; return how many are
        new there."""
        return self._keep_rejected([Rejection(row, rule, reason) for row in rows], source, stage)

    def _keep_rejected(self, rejected: list[Rejection], source: str, stage: str) -> int:
        if not rejected:
            return 0
        return self.append(QUARANTINE, quarantine_rows(rejected, source=source, stage=stage), source=source).added

    # -- upkeep ----------------------------------------------------------------------------------------------------

    def erase(self, table: Table, keys: pl.DataFrame, *, source: str) -> int:
        """Delete the rows of a source whose `keys` columns (strings) occur in `keys`; return how many.

        The one exception from "never changed", for what must not be kept. Older versions of the table still hold the
        rows until `vacuum`.
        """

        def delete(delta: DeltaTable, rows: str) -> int:
            return int(delta.delete(rows, writer_properties=_WRITER)["num_deleted_rows"])

        return self._change(table, keys, source, delete)

    def rewrite(self, table: Table, keys: pl.DataFrame, values: Mapping[str, str | None], *, source: str) -> int:
        """Give columns of the rows named as for `erase` other texts, or null; return how many rows that were.

        For rows that must stay and name what must not: the rules of the table's contract are the caller's to keep.
        """
        new = {name: "NULL" if value is None else _quoted(value) for name, value in values.items()}

        def update(delta: DeltaTable, rows: str) -> int:
            return int(delta.update(new, predicate=rows, writer_properties=_WRITER)["num_updated_rows"])

        return self._change(table, keys, source, update)

    def _change(self, table: Table, keys: pl.DataFrame, source: str, change: _Change) -> int:
        """Apply a change to the rows with these keys, some hundred of them at a time."""
        slices = [keys.slice(start, _ERASED_AT_ONCE) for start in range(0, keys.height, _ERASED_AT_ONCE)]
        return sum(self._changed(table, _predicate(some, source), change) for some in slices)

    def _changed(self, table: Table, predicate: str, change: _Change) -> int:
        for _ in range(_COMMIT_ATTEMPTS):
            delta = self._open(table)
            if delta is None:
                return 0
            try:
                return change(delta, predicate)
            except CommitFailedError:
                continue
            except (DeltaError, OSError) as error:
                raise self._unreachable(table, error) from error
        raise LakeBusy(f"{table.name}: other writers won {_COMMIT_ATTEMPTS} commits in a row; run it again")

    def compact(self, table: Table) -> int:
        """Merge small files of each source into larger ones; return the number of files merged."""
        delta = self._open(table)
        if delta is None:
            return 0
        merged = int(delta.optimize.compact(writer_properties=_WRITER)["numFilesRemoved"])
        delta.create_checkpoint()
        return merged

    def vacuum(self, table: Table, *, keep: timedelta) -> int:
        """Delete files that no version younger than `keep` reads; return how many. Ends time travel before that."""
        delta = self._open(table)
        if delta is None:
            return 0
        hours = int(keep.total_seconds() // 3600)
        return len(delta.vacuum(retention_hours=hours, dry_run=False, enforce_retention_duration=False))

    # -- opening ---------------------------------------------------------------------------------------------------

    def _table_url(self, table: Table) -> str:
        return f"{self.url}/{table.name}"

    def _open(self, table: Table, as_of: AsOf | None = None) -> DeltaTable | None:
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
            raise self._unreachable(table, error) from error

    def _newest(self, table: Table) -> DeltaTable:
        for _ in range(_OPEN_ATTEMPTS):
            try:
                return DeltaTable(self._table_url(table), storage_options=self._options)
            except TableNotFoundError:
                raise
            except DeltaError as error:  # upkeep deleted an old part of the log after it was listed
                if "not found" not in str(error):
                    raise
        return DeltaTable(self._table_url(table), storage_options=self._options)

    def _unreachable(self, table: Table, error: Exception) -> LakeUnreachable:
        return LakeUnreachable(
            f"cannot use table {table.name} at {self.url}: {error}. "
            "Check LORECHAT_LAKE, its credentials and the free space there."
        )


def _at(delta: DeltaTable, table: Table, as_of: int | datetime) -> DeltaTable:
    """Take an open table back to what it was. Raises HistoryEnded when that is not kept any more."""
    begins = history_begins(delta)
    try:
        delta.load_as_version(as_of)
    except DeltaError:
        if not begins:
            raise
    else:
        if delta.version() >= begins:
            return delta
    raise HistoryEnded(
        f"{table.name} cannot be read as it was at {as_of}: its history begins with version {begins}. What is older "
        "was deleted, by its age or because something was erased (docs: How do I erase a page?)"
    )


def _attempts() -> Iterator[int]:
    """Count attempts, with a random pause between them that grows: writers that met once do not meet again."""
    began, attempt = time.monotonic(), 0
    while attempt < _COMMIT_ATTEMPTS or time.monotonic() - began < _COMMIT_SECONDS:
        yield attempt
        time.sleep(random.uniform(0, min(_LONGEST_PAUSE, 0.01 * 2 ** min(attempt, 10))))  # noqa: S311 - no secret
        attempt += 1


def _delta_schema(table: Table) -> Schema:
    return Schema.from_arrow(table.schema.create_empty().to_arrow().schema)


def _with_new_columns(rows: pl.LazyFrame, table: Table) -> pl.LazyFrame:
    """Rows of a table that was written before its contract got its newest columns, with nulls there."""
    there = rows.collect_schema().names()
    newer = {name: kind for name, kind in table.schema.create_empty().schema.items() if name not in there}
    return rows.with_columns(pl.lit(None, kind).alias(name) for name, kind in newer.items()) if newer else rows


def _with_optional_columns(rows: pl.DataFrame, table: Table) -> pl.DataFrame:
    """A batch that leaves out what may be null."""
    kinds = table.schema.create_empty().schema
    optional = (name for name, column in table.schema.columns().items() if column.nullable)
    return rows.with_columns(pl.lit(None, kinds[name]).alias(name) for name in optional if name not in rows.columns)


def _predicate(keys: pl.DataFrame, source: str) -> str:
    """The SQL that holds for the rows of a source with one of the keys."""
    rows = (
        " AND ".join(f"{name} = {_quoted(value)}" for name, value in row.items()) for row in keys.iter_rows(named=True)
    )
    return f"source = {_quoted(source)} AND ({' OR '.join(f'({row})' for row in rows)})"


def _quoted(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"
