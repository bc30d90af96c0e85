"""What was deleted from a table is deleted from its files and its log."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import polars as pl
import pytest
from deltalake import DeltaTable, write_deltalake

from data_contracts.crawl_ledger import CRAWL_LEDGER
from data_contracts.quarantine import QUARANTINE
from data_contracts.table import Table
from lake import Lake
from lake.error import HistoryEnded
from lake.table_history import data_files, end_history, table_folder

SECRET = "https://example.test/people/a-person-who-wants-to-be-forgotten.html"


def ledger_row(url: str, crawl: str = "one") -> dict[str, object]:
    return {
        "crawl_id": crawl,
        "url": url,
        "verdict": "fetched",
        "reason": f"leads to {SECRET}" if url == "b" else "fetched",
        "status": 200,
        "page_version_id": None,
        "target_url": None,
        "discovered_from": SECRET if url == "b" else None,
        "depth": 0,
        "body_bytes": 1,
        "elapsed_ms": 1,
        "seen_at": datetime.now(UTC),
    }


def write(lake: Lake, *urls: str, crawl: str = "one") -> None:
    schema = CRAWL_LEDGER.schema.create_empty().drop("source").schema
    lake.append(CRAWL_LEDGER, pl.DataFrame([ledger_row(url, crawl) for url in urls], schema=schema), source="s")


def bytes_of(lake: Lake, table: Table) -> bytes:
    folder = table_folder(lake, table)
    return b"".join(folder.read(file.key) for file in folder.files())


def erase_secret(lake: Lake) -> None:
    """Delete the page's rows and blank those that name it."""
    naming = pl.DataFrame({"url": ["b"]})
    assert lake.rewrite(CRAWL_LEDGER, naming, {"discovered_from": None, "reason": "found"}, source="s") == 1
    assert lake.erase(CRAWL_LEDGER, pl.DataFrame({"url": [SECRET]}), source="s") == 1


def test_neither_files_nor_log_hold_what_was_erased(lake: Lake) -> None:
    write(lake, SECRET)
    write(lake, "a", "b")
    assert SECRET.encode() in bytes_of(lake, CRAWL_LEDGER)
    erase_secret(lake)
    assert SECRET.encode() in bytes_of(lake, CRAWL_LEDGER)  # time travel, and the delete's own condition
    assert end_history(lake, CRAWL_LEDGER) > 1_000
    assert b"forgotten" not in bytes_of(lake, CRAWL_LEDGER)
    left = lake.scan(CRAWL_LEDGER, source="s").sort("url").collect()
    assert left.select("url", "discovered_from", "reason").rows() == [("a", None, "fetched"), ("b", None, "found")]


def test_a_log_of_a_table_from_before_tells_nothing_either(make_lake: Callable[[], Lake]) -> None:
    """Such tables have bounds of every column in their log and their checkpoints."""
    lake = make_lake()
    rows = pl.DataFrame([{**ledger_row(SECRET), "source": "s"}], schema=CRAWL_LEDGER.schema.create_empty().schema)
    write_deltalake(
        f"{lake.url}/{CRAWL_LEDGER.name}",
        rows.to_arrow(),
        partition_by=["source"],
        storage_options=lake.storage_options,
    )
    DeltaTable(f"{lake.url}/{CRAWL_LEDGER.name}", storage_options=lake.storage_options).create_checkpoint()
    write(lake, "a")
    assert lake.erase(CRAWL_LEDGER, pl.DataFrame({"url": [SECRET]}), source="s") == 1
    end_history(lake, CRAWL_LEDGER)
    assert b"forgotten" not in bytes_of(lake, CRAWL_LEDGER)
    assert make_lake().scan(CRAWL_LEDGER).collect()["url"].to_list() == ["a"]


def test_a_new_table_keeps_no_bounds_of_texts(lake: Lake) -> None:
    lake.quarantine([{"url": SECRET}], source="s", stage="stage", rule="rule", reason=f"{SECRET} is broken")
    folder = table_folder(lake, QUARANTINE)
    assert b"forgotten" not in b"".join(folder.read(file.key) for file in folder.files("_delta_log"))


def test_a_version_before_the_end_of_history_is_refused_with_the_reason(lake: Lake) -> None:
    write(lake, SECRET, "b")
    before, then = lake.version(CRAWL_LEDGER), datetime.now(UTC) - timedelta(days=1)
    erase_secret(lake)
    end_history(lake, CRAWL_LEDGER)
    for as_of in (before, then, {CRAWL_LEDGER.name: before}):
        with pytest.raises(HistoryEnded, match="crawl_ledger cannot be read as it was"):
            lake.scan(CRAWL_LEDGER, as_of=as_of)
    assert lake.scan(CRAWL_LEDGER, as_of=lake.version(CRAWL_LEDGER)).collect().height == 1


def test_ending_a_history_twice_or_of_no_table_changes_nothing(lake: Lake) -> None:
    assert end_history(lake, CRAWL_LEDGER) == 0
    write(lake, SECRET, "b")
    erase_secret(lake)
    end_history(lake, CRAWL_LEDGER)
    assert end_history(lake, CRAWL_LEDGER) == 0
    assert lake.scan(CRAWL_LEDGER).collect().height == 1


@pytest.mark.slow
def test_appends_that_go_on_meanwhile_lose_nothing(make_lake: Callable[[], Lake]) -> None:
    lake = make_lake()
    write(lake, SECRET, "b")
    failed: list[BaseException] = []

    def append(crawl: str) -> None:
        own = make_lake()
        try:
            for number in range(12):
                write(own, f"page-{number}", crawl=crawl)
        except BaseException as error:  # told to the test's own thread
            failed.append(error)

    threads = [threading.Thread(target=append, args=(f"crawl-{number}",)) for number in range(2)]
    for thread in threads:
        thread.start()
    erase_secret(lake)
    for _ in range(3):
        end_history(lake, CRAWL_LEDGER)
    for thread in threads:
        thread.join()
    assert failed == []
    end_history(lake, CRAWL_LEDGER)
    assert make_lake().scan(CRAWL_LEDGER, source="s").collect().height == 1 + 2 * 12


def test_a_young_file_that_no_version_names_is_left_to_its_writer(lake: Lake) -> None:
    write(lake, SECRET, "b")
    folder = table_folder(lake, CRAWL_LEDGER)
    [file] = data_files(lake, CRAWL_LEDGER)
    folder.write("source=s/part-under-way.parquet", folder.read(file.key))
    end_history(lake, CRAWL_LEDGER)
    assert "source=s/part-under-way.parquet" in {found.key for found in data_files(lake, CRAWL_LEDGER)}
