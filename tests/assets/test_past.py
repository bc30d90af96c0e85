"""Asking what was live at an instant: from the store, or made again from the lake."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from assets.error import PastUnknown
from assets.stages.past import Past, past_at
from assets.stages.promotion import roll_back
from data_contracts.chunk import CHUNKS
from data_contracts.crawl_ledger import CRAWL_LEDGER
from data_contracts.document import DOCUMENTS
from data_contracts.embedding import EMBEDDINGS
from data_contracts.page_version import PAGE_VERSIONS
from lake.release_history import release_history
from lake.table_history import end_history
from retrieval.local_store import LocalStore

pytestmark = pytest.mark.slow


def html(text: str) -> str:
    text = f"{text} is all that this page has to say about anything at all."
    return f"<html><head><title>A page</title></head><body><main><h1>A page</h1><p>{text}</p></main></body></html>"


@pytest.fixture
def aside(tmp_path: Path) -> LocalStore:
    return LocalStore(tmp_path / "past")


@pytest.fixture
def told(crawled: Any) -> Any:
    """A source that said Rain, then Snow, then Wind, and keeps its last release only."""
    crawled.keep = 1
    for text in ("Rain", "Snow", "Wind"):
        crawled.crawl({"/a": html(text), "/b": html(f"Beside {text}")})
        crawled.build()
    return crawled


def live_from(told: Any) -> list[datetime]:
    return [event.at for event in release_history(told.lake, "example").events]


def said(past: Past, told: Any) -> str:
    """What the past says about the first page."""
    vector = told.embedder.embed_query("this page")
    found = past.reader.search("example", vector=vector, text="page", model_id=told.embedder.model_id, limit=3)
    return " ".join(scored.passage.body.split(" is all ")[0].split()[-1] for scored in found)


def test_an_instant_is_answered_from_the_release_that_was_live_then(told: Any, aside: LocalStore) -> None:
    second = live_from(told)[1]
    before = past_at(told.lake, told.store, aside, second - timedelta(microseconds=1), ["example"])
    at = past_at(told.lake, told.store, aside, second)
    now = past_at(told.lake, told.store, aside, datetime.now(UTC))
    assert [set(said(past, told).split()) for past in (before, at, now)] == [{"Rain"}, {"Snow"}, {"Wind"}]
    assert [past.releases[0].rebuilt for past in (before, at, now)] == [True, True, False]
    assert before.reader.live("example").chunks == 2


def test_a_release_made_again_is_the_one_that_was_live_and_is_made_once(told: Any, aside: LocalStore) -> None:
    [first, *_] = release_history(told.lake, "example").events
    for _ in range(2):
        past = past_at(told.lake, told.store, aside, first.at)
        assert past.releases[0].release_id == first.release_id
        assert past.reader.sources() == ["example"]
    [built] = aside.releases("example")
    assert built.release_id == first.release_id
    assert told.store.live("example").release_id != first.release_id


def test_a_rollback_is_part_of_the_past(crawled: Any, aside: LocalStore) -> None:
    for text in ("Rain", "Snow"):
        crawled.crawl({"/a": html(text)})
        crawled.build()
    between = datetime.now(UTC)
    roll_back(crawled.lake, crawled.store, "example", reason="wrong")
    assert said(past_at(crawled.lake, crawled.store, aside, between), crawled) == "Snow"
    assert said(past_at(crawled.lake, crawled.store, aside, datetime.now(UTC)), crawled) == "Rain"


def test_before_the_first_release_nothing_was_live(told: Any, aside: LocalStore) -> None:
    with pytest.raises(PastUnknown, match=r"nothing was live at 2025-12-31 .* example went live on 20"):
        past_at(told.lake, told.store, aside, datetime(2025, 12, 31, tzinfo=UTC))
    with pytest.raises(PastUnknown, match="other was never live"):
        past_at(told.lake, told.store, aside, datetime.now(UTC), ["other"])


def test_pages_erased_since_stay_erased(told: Any, aside: LocalStore) -> None:
    url = pl.DataFrame({"url": ["https://example.test/b"]})
    for table in (CHUNKS, DOCUMENTS, PAGE_VERSIONS):
        assert told.lake.erase(table, url, source="example") == 3
    past = past_at(told.lake, told.store, aside, live_from(told)[0])
    assert past.releases[0].left_out == 1
    assert said(past, told) == "Rain"


def test_a_history_that_was_deleted_is_said_to_be(told: Any, aside: LocalStore) -> None:
    for table in (CRAWL_LEDGER, PAGE_VERSIONS, DOCUMENTS, CHUNKS, EMBEDDINGS):
        end_history(told.lake, table)
    with pytest.raises(PastUnknown, match="the lake's history does not reach back to"):
        past_at(told.lake, told.store, aside, live_from(told)[0])
    assert aside.releases("example") == []


def test_few_releases_of_the_past_are_kept(told: Any, aside: LocalStore) -> None:
    for text in ("Hail", "Fog", "Dew"):
        told.crawl({"/a": html(text), "/b": html(f"Beside {text}")})
        told.build()
    for instant in live_from(told)[:-1]:
        past_at(told.lake, told.store, aside, instant)
    assert len(aside.releases("example")) == 3
