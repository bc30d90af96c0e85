"""Which pages exist, as the ledger's evidence says."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from data_contracts.crawl_ledger import CRAWL_LEDGER, CRAWLS, REMOVALS_APPLIED, REMOVALS_HELD
from data_contracts.identity import text_hash
from data_contracts.verdict import Verdict
from lake import Lake, current_aliases, current_pages

START = datetime(2026, 1, 1, tzinfo=UTC)
PAGE = "https://site.example/page"


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(str(tmp_path))


def crawl(
    lake: Lake, number: int, *verdicts: tuple[str, Verdict, str | None], removals: str | None = REMOVALS_APPLIED
) -> None:
    """Write one crawl's ledger: (URL, verdict, version or target); `removals` None is a crawl that was cut off."""
    rows = [
        {
            "crawl_id": f"crawl-{number}",
            "url": url,
            "verdict": verdict.value,
            "reason": "test",
            "status": None,
            "page_version_id": text_hash(about) if about and verdict.is_present else None,
            "target_url": about if verdict is Verdict.DUPLICATE_OF else None,
            "discovered_from": None,
            "depth": 0,
            "body_bytes": 0,
            "elapsed_ms": 0,
            "seen_at": START + timedelta(days=number),
        }
        for url, verdict, about in verdicts
    ]
    frame = pl.DataFrame(rows, schema_overrides=CRAWL_LEDGER.schema.create_empty().drop("source").schema)
    assert lake.append(CRAWL_LEDGER, frame, source="s").quarantined == 0
    if removals is not None:
        close(lake, number, removals)


def close(lake: Lake, number: int, removals: str) -> None:
    """Write a crawl's closing row."""
    row = {
        "crawl_id": f"crawl-{number}",
        "started_at": START,
        "finished_at": START + timedelta(days=number),
        "outcome": "finished",
        "counts": "{}",
        "settings_hash": text_hash("settings"),
        "removals": removals,
    }
    assert lake.append(CRAWLS, pl.DataFrame([row]), source="s").added == 1


def pages(lake: Lake) -> dict[str, str]:
    return dict(current_pages(lake, "s").select("url", "page_version_id").collect().rows())


def test_a_source_never_crawled_has_no_pages(lake: Lake) -> None:
    assert pages(lake) == {}


def test_the_newest_version_of_a_page_counts(lake: Lake) -> None:
    crawl(lake, 1, (PAGE, Verdict.FETCHED, "one"))
    crawl(lake, 2, (PAGE, Verdict.FETCHED, "two"))
    crawl(lake, 3, (PAGE, Verdict.UNCHANGED, "two"))
    assert pages(lake) == {PAGE: text_hash("two")}


@pytest.mark.parametrize("verdict", [verdict for verdict in Verdict if verdict.is_unknown])
def test_unknown_pages_keep_answering(lake: Lake, verdict: Verdict) -> None:
    crawl(lake, 1, (PAGE, Verdict.FETCHED, "one"))
    crawl(lake, 2, (PAGE, verdict, None))
    assert pages(lake) == {PAGE: text_hash("one")}


def test_a_page_that_a_crawl_did_not_see_keeps_answering(lake: Lake) -> None:
    crawl(lake, 1, (PAGE, Verdict.FETCHED, "one"))
    crawl(lake, 2, ("https://site.example/other", Verdict.FETCHED, "two"))
    assert len(pages(lake)) == 2


@pytest.mark.parametrize(
    "verdict", [Verdict.GONE, Verdict.ROBOTS, Verdict.REDIRECTED, Verdict.OUT_OF_SCOPE, Verdict.NOINDEX]
)
def test_evidence_against_a_page_removes_it_and_a_later_fetch_brings_it_back(lake: Lake, verdict: Verdict) -> None:
    crawl(lake, 1, (PAGE, Verdict.FETCHED, "one"))
    crawl(lake, 2, (PAGE, verdict, None))
    assert pages(lake) == {}
    crawl(lake, 3, (PAGE, Verdict.FETCHED, "one"))
    assert pages(lake) == {PAGE: text_hash("one")}


def test_evidence_of_a_crawl_that_was_cut_off_or_held_removes_nothing(lake: Lake) -> None:
    crawl(lake, 1, (PAGE, Verdict.FETCHED, "one"))
    crawl(lake, 2, (PAGE, Verdict.GONE, None), removals=None)
    crawl(lake, 3, (PAGE, Verdict.GONE, None), removals=REMOVALS_HELD)
    assert pages(lake) == {PAGE: text_hash("one")}
    close(lake, 2, REMOVALS_APPLIED)
    assert pages(lake) == {}


def test_a_page_of_a_crawl_that_still_runs_is_there_already(lake: Lake) -> None:
    crawl(lake, 1, (PAGE, Verdict.FETCHED, "one"), removals=None)
    assert pages(lake) == {PAGE: text_hash("one")}


def test_a_duplicate_is_an_alias_and_not_a_page(lake: Lake) -> None:
    other = "https://site.example/copy"
    crawl(lake, 1, (PAGE, Verdict.FETCHED, "one"), (other, Verdict.DUPLICATE_OF, PAGE))
    assert pages(lake) == {PAGE: text_hash("one")}
    assert current_aliases(lake, "s").collect().rows() == [(other, PAGE)]


def test_the_view_looks_back_in_time(lake: Lake) -> None:
    crawl(lake, 1, (PAGE, Verdict.FETCHED, "one"))
    versions = {table.name: lake.version(table) for table in (CRAWL_LEDGER, CRAWLS)}
    crawl(lake, 2, (PAGE, Verdict.GONE, None))
    assert pages(lake) == {}
    assert current_pages(lake, "s", as_of=versions).collect().height == 1
    assert current_pages(lake, "s", as_of=dict.fromkeys(versions)).collect().is_empty()
