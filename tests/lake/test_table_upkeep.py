"""Upkeep makes few files of many, and deletes only what a look back within the retention does not need."""

from __future__ import annotations

import os
import re
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from data_contracts.quarantine import QUARANTINE
from lake import Lake
from lake.error import HistoryEnded
from lake.table_history import table_folder
from lake.table_upkeep import MANY, TableUpkeep, keep_up_table


def write(lake: Lake, name: str, source: str = "s") -> None:
    lake.quarantine([{"name": name}], source=source, stage="stage", rule="rule", reason="why")


def names(lake: Lake, as_of: int | None = None) -> list[str]:
    rows = lake.scan(QUARANTINE, source="s", as_of=as_of).collect()["row"].to_list()
    return sorted(row.removeprefix('{"name": "').removesuffix('"}') for row in rows)


def keep_up(lake: Lake, *, days: int = 30, dry_run: bool = False) -> TableUpkeep:
    done = keep_up_table(lake, QUARANTINE, days=days, dry_run=dry_run)
    assert done is not None
    return done


def age(folder: Path, days: float) -> None:
    """Make the files of a table older, as if it had not been touched for some days."""
    then = time.time() - days * 86_400
    for path in folder.rglob("*"):
        if path.is_file():
            os.utime(path, (then, then))


def test_many_small_files_become_one_and_every_row_stays(lake: Lake) -> None:
    for number in range(MANY):
        write(lake, f"row {number}")
    write(lake, "elsewhere", source="other")
    before = names(lake)
    done = keep_up(lake)
    assert (done.files_before, done.files_after, done.merged) == (MANY + 1, 2, MANY)
    assert names(lake) == before
    assert keep_up(lake).merged == 0


def test_a_dry_run_says_what_it_would_do_and_does_nothing(lake: Lake) -> None:
    for number in range(MANY):
        write(lake, f"row {number}")
    version = lake.version(QUARANTINE)
    assert keep_up(lake, dry_run=True).merged == MANY
    assert lake.version(QUARANTINE) == version


def test_a_table_without_rows_needs_no_upkeep(lake: Lake) -> None:
    assert keep_up_table(lake, QUARANTINE, days=30, dry_run=False) is None


def test_what_a_look_back_within_the_retention_needs_is_never_deleted(lake: Lake) -> None:
    for number in range(MANY):
        write(lake, f"row {number}")
    version = lake.version(QUARANTINE)
    keep_up(lake)
    assert keep_up(lake).freed_bytes == 0
    assert len(names(lake, as_of=version)) == MANY


def test_history_beyond_the_retention_is_deleted_and_told_so(tmp_path: Path) -> None:
    lake = Lake(str(tmp_path))
    for number in range(MANY):
        write(lake, f"row {number}")
    old = lake.version(QUARANTINE)
    age(tmp_path, days=10)
    keep_up(lake, days=1)
    _tombstones_age(lake, days=3)
    write(lake, "newest")
    done = keep_up(lake, days=1)
    assert done.freed_bytes > 0
    assert done.begins > 0
    assert len(names(lake)) == MANY + 1
    with pytest.raises(HistoryEnded):
        names(lake, as_of=old)


def test_versions_whose_log_was_shortened_are_refused_and_not_read_as_empty(tmp_path: Path) -> None:
    lake = Lake(str(tmp_path))
    for number in range(3):
        write(lake, f"row {number}")
    keep_up(lake, days=1)
    age(tmp_path, days=5)
    write(lake, "newest")
    keep_up(lake, days=1)
    assert not (Path(table_folder(lake, QUARANTINE).url) / "_delta_log" / f"{1:020}.json").exists()
    with pytest.raises(HistoryEnded):
        names(lake, as_of=1)
    with pytest.raises(HistoryEnded):
        lake.scan(QUARANTINE, as_of=datetime.now(UTC) - timedelta(days=9))
    assert len(names(lake)) == 4


def _tombstones_age(lake: Lake, days: float) -> None:
    """Write into the log that files were replaced some days earlier."""
    folder = table_folder(lake, QUARANTINE)
    delta = Path(folder.url) / "_delta_log"
    for checkpoint in delta.glob("*.checkpoint.parquet"):
        checkpoint.unlink()
    (delta / "_last_checkpoint").unlink(missing_ok=True)
    then = datetime.now(UTC) - timedelta(days=days)
    for entry in delta.glob("*.json"):
        text = entry.read_text()
        if '"remove"' in text:
            text = re.sub(r'"deletionTimestamp":\d+', f'"deletionTimestamp":{int(then.timestamp() * 1000)}', text)
            entry.write_text(text)
        os.utime(entry, (then.timestamp(), then.timestamp()))


def test_a_file_that_an_append_has_just_written_survives(lake: Lake) -> None:
    for number in range(MANY):
        write(lake, f"row {number}")
    keep_up(lake)
    folder = table_folder(lake, QUARANTINE)
    folder.write("source=s/part-under-way.parquet", b"not committed yet")
    keep_up(lake, days=1)
    assert "source=s/part-under-way.parquet" in {file.key for file in folder.files()}


@pytest.mark.slow
def test_an_appender_goes_on_during_compaction(make_lake: Callable[[], Lake]) -> None:
    lake = make_lake()
    for number in range(MANY):
        write(lake, f"before {number}")
    failed: list[BaseException] = []

    def append() -> None:
        own = make_lake()
        try:
            for number in range(15):
                write(own, f"during {number}")
        except BaseException as error:
            failed.append(error)

    appender = threading.Thread(target=append)
    appender.start()
    while appender.is_alive():
        keep_up(lake)
    appender.join()
    assert failed == []
    assert len(names(make_lake())) == MANY + 15
    assert pl.Series(names(lake)).n_unique() == MANY + 15
