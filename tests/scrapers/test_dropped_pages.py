"""Pages that the inbox brought last are not asked for over the network, and count as there."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import polars as pl
import pytest

from data_contracts.crawl_ledger import CRAWL_LEDGER

pytestmark = pytest.mark.slow


def _drop(told: Any, path: str) -> None:
    """Let the inbox have the last word on a page, with the version that was crawled."""
    rows = told.lake.scan(CRAWL_LEDGER).filter(pl.col("url") == told.site.url + path)
    row = rows.collect().to_dicts()[-1]
    row |= {"crawl_id": "inbox-1", "seen_at": datetime.now(UTC), "depth": 0, "discovered_from": None}
    frame = pl.DataFrame([row], schema=CRAWL_LEDGER.schema.create_empty().schema)
    assert told.lake.append(CRAWL_LEDGER, frame, source="test-site").added == 1


@pytest.fixture(scope="module")
def dropped(recrawl: Any) -> Any:
    told = recrawl({})
    site, page = told.site, told.site.topic_page
    site.pages |= {"/": site.page("Home", ("All", "All. " * 9), links=("/kept", "/old", "/print", "/other"))}
    site.pages |= {path: page(path) for path in ("/kept", "/old", "/print", "/other")}
    told.crawl()
    _drop(told, "/kept")
    del site.pages["/kept"]
    site.behaviour["/old"] = site.how(status=301, headers={"Location": "/kept"})
    site.pages["/print"] = page("print").replace("</head>", f'<link rel="canonical" href="{site.url}/kept"></head>')
    told.outcome = told.crawl()
    return told


def test_a_dropped_page_is_neither_asked_for_nor_removed(dropped: Any) -> None:
    assert dropped.site.asked["/kept"] == 0
    assert "/kept" not in dropped.outcome.rows
    assert dropped.pages() == {"/", "/kept", "/other"}


def test_a_dropped_page_may_stand_for_others(dropped: Any) -> None:
    assert dropped.outcome.verdict("/old") == "redirected"
    assert dropped.outcome.verdict("/print") == "duplicate_of"
    assert dropped.outcome.rows["/print"]["target_url"] == f"{dropped.site.url}/kept"


def test_the_closing_row_does_not_count_dropped_pages(dropped: Any) -> None:
    changes = dropped.outcome.report.changes
    assert (changes.unchanged, changes.gone, changes.unknown) == (2, 2, 0)
