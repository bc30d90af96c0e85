"""Ending a table's history: after that neither its older versions nor its log hold what was erased from it.

Deleting rows from a Delta table writes new files and leaves the old ones for time travel, with bounds of their columns
in the log's entries and checkpoints, and the delete's own condition beside them. To be rid of the rows: note since
when the table can be looked back at, delete the replaced files, write a checkpoint, and take bounds and conditions out
of the entries that it covers. Entries are rewritten, not deleted: an appender that began before still finds them, and
the number of no entry becomes free again.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from deltalake import DeltaTable
from deltalake.exceptions import CommitFailedError

from data_contracts.table import Table
from lake.commit import commit_attempts
from lake.error import LakeBusy
from lake.lake import Lake
from lake.log_settings import BOUNDS, HISTORY_BEGINS, log_settings, missing_settings
from lake.objects import ObjectFacts, ObjectFolder

LOG = "_delta_log"
_TELLING = ("predicate", "newValues", "matchedPredicates", "notMatchedPredicates")


def end_history(lake: Lake, table: Table) -> int:
    """End a table's history with its present version; return how many bytes that freed. Raises LakeBusy.

    Appends that are under way go on; whoever reads an older version loses its files.
    """
    delta = _note_begin(lake, table)
    if delta is None:
        return 0
    before = {file.key: file.size for file in data_files(lake, table)}
    delta.vacuum(retention_hours=0, dry_run=False, enforce_retention_duration=False)
    delta.create_checkpoint()
    _clean_log(table, table_folder(lake, table), delta.version())
    left = {file.key for file in data_files(lake, table)}
    return sum(size for key, size in before.items() if key not in left)


def table_folder(lake: Lake, table: Table) -> ObjectFolder:
    """The files of a table."""
    return ObjectFolder(f"{lake.url}/{table.name}", lake.storage_options)


def data_files(lake: Lake, table: Table) -> Iterator[ObjectFacts]:
    """Yield the Parquet files that lie in a table's folder, whatever version names them, the log left out."""
    for file in table_folder(lake, table).files():
        if file.key.endswith(".parquet") and not file.key.startswith(f"{LOG}/"):
            yield file


def _note_begin(lake: Lake, table: Table) -> DeltaTable | None:
    """Write the version at which the history begins from now on into the table, and return the table."""
    for _ in commit_attempts():
        delta = lake.delta(table)
        if delta is None:
            return None
        begins = {HISTORY_BEGINS: str(delta.version() + 1)}  # the version that this makes
        settings = missing_settings(delta, log_settings(table)) | begins
        try:
            delta.alter.set_table_properties(settings, raise_if_not_exists=False)
        except CommitFailedError:  # another writer, at the same moment
            continue
        return delta
    raise LakeBusy(f"{table.name}: other writers won every commit; run it again")


def _clean_log(table: Table, folder: ObjectFolder, checkpoint: int) -> None:
    """Take what could tell of erased rows out of the log up to a checkpoint. Older checkpoints with bounds of texts,
    from before such bounds were given up, are deleted."""
    for file in list(folder.files(LOG)):
        name = file.key.rsplit("/", 1)[-1]
        if not name[:20].isdigit() or int(name[:20]) > checkpoint:
            continue
        if name.endswith(".json"):
            _clean_entry(folder, file.key)
        elif int(name[:20]) < checkpoint and _has_bounds_of_texts(folder.read(file.key), table):
            folder.delete(file.key)


def _has_bounds_of_texts(checkpoint: bytes, table: Table) -> bool:
    plain = set(log_settings(table)[BOUNDS].split(","))
    for add in pq.read_table(pa.BufferReader(checkpoint), columns=["add"])["add"].to_pylist():
        bounds = json.loads((add or {}).get("stats") or "{}")
        if not plain.issuperset({**bounds.get("minValues", {}), **bounds.get("maxValues", {})}):
            return True
    return False


def _clean_entry(folder: ObjectFolder, key: str) -> None:
    actions = [json.loads(line) for line in folder.read(key).splitlines() if line.strip()]
    if sum(_clean(action) for action in actions):
        folder.write(key, "\n".join(json.dumps(action) for action in actions).encode())


def _clean(action: dict[str, Any]) -> bool:
    """Take bounds and conditions out of one action of an entry; return whether there was any."""
    bounds = [action[kind].pop("stats", None) for kind in ("add", "remove") if kind in action]
    operation = action.get("commitInfo", {}).get("operationParameters", {})
    conditions = [operation.pop(name, None) for name in _TELLING]
    return any(bounds) or any(conditions)
