"""What Dagster's storage and logs tell of an erased page is taken out; everything else in them stays."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from assets.erasure.wording import Wording
from orchestration.dagster_traces import DagsterKeeper, LogKeeper, PastKeeper

URL = "https://example.test/people/jane-doe.html"
OTHER = "https://example.test/people/jane-doe.html?page=2"
SENTENCE = "Jane Doe moved to the lighthouse in spring."
WORDING = Wording([URL], [SENTENCE])


def event(preview: str) -> str:
    """An event as Dagster keeps it: JSON with texts in it that are JSON themselves."""
    inner = json.dumps({"md_str": preview, "label": "newest documents"})
    return json.dumps({"__class__": "EventLogEntry", "run_id": "run-1", "timestamp": 1.5, "entry": {"value": inner}})


@pytest.fixture
def storage(tmp_path: Path) -> Path:
    """Two events, of which one shows the page, and a log that programs write to."""
    with closing(sqlite3.connect(tmp_path / "index.db")) as database:
        database.execute("PRAGMA journal_mode=WAL")
        database.execute("CREATE TABLE event_logs (id INTEGER PRIMARY KEY, event TEXT, rows INTEGER)")
        shown = (event(f"| title | {URL} | {SENTENCE} |"), event(f"| title | {OTHER} |"), "a plain line")
        database.executemany("INSERT INTO event_logs (event, rows) VALUES (?, 7)", [(text,) for text in shown])
        database.commit()
    (tmp_path / "compute.err").write_text(f"one\nfetched {URL}\nfetched {OTHER}\n")
    return tmp_path


def events(storage: Path) -> list[str]:
    with closing(sqlite3.connect(storage / "index.db")) as database:
        return [text for (text,) in database.execute("SELECT event FROM event_logs ORDER BY id")]


def test_events_lose_what_tells_of_the_page_and_keep_the_rest(storage: Path) -> None:
    before = events(storage)
    keeper = DagsterKeeper(storage)
    assert keeper.search(WORDING).left > 0
    keeper.clean(WORDING)
    assert keeper.search(WORDING).is_clean
    after = events(storage)
    assert after[1:] == before[1:]
    cleaned = json.loads(after[0])
    assert (cleaned["run_id"], cleaned["timestamp"]) == ("run-1", 1.5)
    assert json.loads(cleaned["entry"]["value"])["label"] == "newest documents"


def test_no_byte_of_the_storage_tells_of_the_page_even_while_another_program_has_it_open(storage: Path) -> None:
    with closing(sqlite3.connect(storage / "index.db")) as reader:
        assert reader.execute("SELECT count(*) FROM event_logs").fetchone() == (3,)
        DagsterKeeper(storage).clean(WORDING)
        assert all(SENTENCE.encode() not in path.read_bytes() for path in storage.iterdir())


def test_a_log_keeps_its_length_so_that_its_writer_goes_on(storage: Path) -> None:
    path = storage / "compute.err"
    size = path.stat().st_size
    with path.open("a") as writer:
        LogKeeper(storage).clean(WORDING)
        writer.write("two\n")
    lines = path.read_text().splitlines()
    assert path.stat().st_size == size + 4
    assert [line.strip() for line in lines] == ["one", "(erased)", f"fetched {OTHER}", "two"]


def test_copies_of_releases_of_the_past_are_deleted_when_they_tell(tmp_path: Path) -> None:
    for source, text in (("docs", SENTENCE), ("shop", "Nothing of that kind.")):
        (tmp_path / source / "release").mkdir(parents=True)
        (tmp_path / source / "release" / "passages.arrow").write_text(text)
    keeper = PastKeeper(tmp_path)
    assert keeper.search(WORDING).left == 1
    keeper.clean(WORDING)
    assert [path.name for path in tmp_path.iterdir()] == ["shop"]


def test_places_that_are_not_there_hold_nothing(tmp_path: Path) -> None:
    for keeper in (DagsterKeeper(tmp_path / "a"), LogKeeper(tmp_path / "b"), PastKeeper(tmp_path / "c")):
        keeper.clean(WORDING)
        assert keeper.search(WORDING).is_clean
