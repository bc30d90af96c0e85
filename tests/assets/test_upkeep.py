"""Upkeep drops what is both surplus and old, and nothing that answers or may be rolled back to."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from assets.stages.promotion import promote_release
from assets.stages.upkeep import UpkeepReport, keep_up
from data_contracts.identity import text_hash
from data_contracts.inbox_file import INBOX_FILES
from data_contracts.passage import Passage
from data_contracts.release_event import Actor
from lake import Lake, ObjectFolder
from retrieval.local_store import LocalStore
from retrieval.vector_store import PassageBatch, ReleaseManifest

NOW = datetime.now(UTC)
OLD = NOW - timedelta(days=60)


@pytest.fixture
def store(tmp_path: Path) -> LocalStore:
    return LocalStore(tmp_path / "index")


def publish(lake: Lake, store: LocalStore, name: str, built_at: datetime) -> str:
    """Build and promote a release of one passage."""
    release_id = text_hash(name)
    manifest = ReleaseManifest("docs", release_id, "Docs", "model", 4, "c", "e", 1, 1, built_at)
    passage = Passage(
        chunk_id=release_id,
        source="docs",
        url="https://example.test/",
        title=name,
        heading_path=(),
        anchor=None,
        text=name,
        prefix_chars=0,
        start=0,
        end=len(name),
        page_version_id=release_id,
        markdown_hash=release_id,
        text_hash=release_id,
        fetched_at=built_at,
    )
    store.build(manifest, [PassageBatch([passage], np.eye(1, 4, dtype=np.float32))])
    promote_release(lake, store, "docs", release_id, actor=Actor.RUN, reason="test")
    return release_id


def upkeep(lake: Lake, store: LocalStore, **more: Any) -> UpkeepReport:
    settings: dict[str, Any] = {"history_days": 30, "keep_releases": 1, "tell": lambda line: None, **more}
    return keep_up(lake, ObjectFolder(lake.url), store, **settings)


def kept(store: LocalStore) -> set[str]:
    return {release.release_id for release in store.releases("docs")}


def test_old_releases_beyond_the_number_kept_are_dropped_but_never_the_one_before(
    lake: Lake, store: LocalStore
) -> None:
    first, second, live = (publish(lake, store, name, OLD) for name in ("first", "second", "third"))
    assert upkeep(lake, store, dry_run=True).releases == {"docs": [first]}
    assert kept(store) == {first, second, live}
    assert upkeep(lake, store).releases == {"docs": [first]}
    assert kept(store) == {second, live}
    assert upkeep(lake, store).releases == {}


def test_young_releases_stay_however_many(lake: Lake, store: LocalStore) -> None:
    for name in ("first", "second", "third"):
        publish(lake, store, name, NOW)
    assert upkeep(lake, store).releases == {}


def test_inbox_files_stay_unless_a_setting_says_for_how_long(lake: Lake, store: LocalStore) -> None:
    objects = ObjectFolder(lake.url)
    for name in ("read.html", "unread.html"):
        objects.write(f"inbox/docs/{name}", b"<html></html>")
    [etag] = [file.etag for file in objects.files("inbox/docs") if file.key.endswith("/read.html")]
    row = {"key": "read.html", "etag": etag, "modified_at": OLD, "size": 13, "crawl_id": "inbox-1", "pages": 1}
    frame = pl.DataFrame([{**row, "rejected": 0, "read_at": OLD}])
    lake.append(INBOX_FILES, frame.cast({"pages": pl.Int64}), source="docs")
    assert upkeep(lake, store).inbox_files == 0
    assert upkeep(lake, store, inbox_days=30, dry_run=True).inbox_files == 1
    assert upkeep(lake, store, inbox_days=30).inbox_files == 1
    assert [file.key for file in objects.files("inbox/docs")] == ["inbox/docs/unread.html"]
