"""The lake: Delta tables under one URL, partitioned by source, appended to and never updated.

A commit is atomic, so a killed writer leaves nothing half-written. Appenders to one source of one table are
serialised optimistically: every commit carries a Delta application transaction named after the source, so of two
that raced, the later one fails, drops the rows that the earlier one already brought, and tries again. That is why a
key never occurs twice, on a local folder and on S3 alike.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl
from deltalake import CommitProperties, DeltaTable, PostCommitHookProperties, Transaction, write_deltalake
from deltalake.exceptions import CommitFailedError, DeltaError

from data_contracts.quarantine import QUARANTINE
from data_contracts.table import Table
from lake.change import erase_rows, rewrite_rows
from lake.commit import COMMIT_SECONDS, WRITER, commit_attempts
from lake.error import LakeBusy
from lake.rejection import Rejection, quarantine_rows, rejections
from lake.tables import AsOf, Tables

_FEW_BATCHES = 4
"""Of 10,000 stored pages one is looked up in 0.04 s, and found by streaming them all in 0.6 s (two cores, local)."""


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
        self._tables = Tables(self.url, self._options)
        self._known: dict[tuple[str, str], tuple[int, pl.DataFrame]] = {}

    @property
    def storage_options(self) -> dict[str, str]:
        """What another process needs, besides the URL, to open the same lake. Holds credentials: never log it."""
        return dict(self._options)

    # -- reading ---------------------------------------------------------------------------------------------------

    def scan(self, table: Table, *, source: str | None = None, as_of: AsOf | None = None) -> pl.LazyFrame:
        """Return the rows of a table (one source's, or all) lazily; an empty frame when nothing was written yet."""
        delta = self._tables.open(table, as_of)
        if delta is None:
            return table.schema.create_empty().lazy()
        rows = _with_new_columns(pl.scan_delta(delta), table)
        return rows if source is None else rows.filter(pl.col("source") == source)

    def delta(self, table: Table) -> DeltaTable | None:
        """Return the table as Delta knows it, for its upkeep; None when nothing was written yet."""
        return self._tables.open(table)

    def version(self, table: Table) -> int | None:
        """Return the table's version, None when nothing was written yet."""
        delta = self._tables.open(table)
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
        """Yield the rows of `table` whose `keys` columns occur in `keys`, at most `rows` at a time.

        The table is streamed once, in stored order, and memory holds a few batches. A few keys are looked up instead,
        batch after batch: then little else than the keys is read, however large the table is.
        """
        delta = self._tables.open(table)
        if delta is None or keys.is_empty():
            return
        wanted = list(dict.fromkeys([*(columns or table.schema.column_names()), *keys.columns]))
        if keys.height <= _FEW_BATCHES * rows:
            stored = _with_new_columns(pl.scan_delta(delta), table)
            for frame in _looked_up(stored, keys, source, wanted, rows):
                yield frame.select(columns) if columns else frame
            return
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
        for _ in commit_attempts():
            delta = self._tables.open_or_create(table)
            known = self._known_keys(table, delta, source)
            new = valid.join(known, on=table.key, how="anti")
            if new.is_empty():
                return Appended(0, valid.height, len(rejected))
            if self._commit(table, delta, new, source):
                return Appended(new.height, valid.height - new.height, len(rejected))
        raise LakeBusy(
            f"{table.name}: other writers won every commit for {COMMIT_SECONDS:.0f} s on source {source!r}; "
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
                writer_properties=WRITER,
                commit_properties=CommitProperties(app_transactions=[Transaction(source, checked + 1)]),
                # The upkeep tidies the log: a writer may lack the right to delete.
                post_commithook_properties=PostCommitHookProperties(cleanup_expired_logs=False),
            )
        except CommitFailedError:
            return False
        except (DeltaError, OSError) as error:
            raise self._tables.unreachable(table, error) from error
        self._remember(table, source, checked, delta.version(), new)
        return True

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

    # -- changing --------------------------------------------------------------------------------------------------

    def erase(self, table: Table, keys: pl.DataFrame, *, source: str) -> int:
        """Delete the rows of a source whose `keys` columns (strings) occur in `keys`; return how many.

        The one exception from "never changed", for what must not be kept. Older versions of the table still hold the
        rows until its history is ended (`lake.table_history`).
        """
        return erase_rows(self._tables, table, keys, source)

    def rewrite(self, table: Table, keys: pl.DataFrame, values: Mapping[str, str | None], *, source: str) -> int:
        """Give columns of the rows named as for `erase` other texts, or null; return how many rows that were.

        For rows that must stay and name what must not: the rules of the table's contract are the caller's to keep.
        """
        return rewrite_rows(self._tables, table, keys, values, source)


def _looked_up(
    stored: pl.LazyFrame, keys: pl.DataFrame, source: str, wanted: Sequence[str], rows: int
) -> Iterator[pl.DataFrame]:
    """The rows of some keys: the reader filters by the first of their columns before it reads any other."""
    first = keys.columns[0]
    for part in keys.iter_slices(rows):
        named = (pl.col("source") == source) & pl.col(first).is_in(part[first].unique().implode())
        frame = stored.filter(named).select(wanted).collect().join(part, on=keys.columns, how="semi")
        yield from frame.iter_slices(rows)


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
