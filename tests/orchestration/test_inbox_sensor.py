"""The sensor of the inbox: what it asks for, and that nothing it did not see to is forgotten."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import dagster as dg
import pytest

from assets.stages.inbox import ingest_inbox
from data_contracts.source import Source
from lake import Lake, ObjectFolder
from orchestration import inbox_watch
from orchestration.inbox_sensor import inbox
from orchestration.inbox_watch import InboxMemory
from orchestration.partitions import PARTITIONS
from scrapers.source_file import write_source

HTML = "<html><body><p>{}</p></body></html>"
LONG_AGO = 1_700_000_000


class Ticker:
    """Evaluates the sensor again and again, as the daemon does, with the cursor of the tick before."""

    def __init__(self, home: Path, instance: dg.DagsterInstance) -> None:
        self.place = home / "lake"
        self.instance = instance
        self.cursor: str | None = None
        self.source = Source(name="docs", inbox=True, start_urls=("https://docs.example.test/",))

    def drop(self, name: str, text: str, *, age: float = 60.0, source: str = "docs") -> Path:
        path = self.place / "inbox" / source / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(HTML.format(text))
        os.utime(path, (time.time() - age,) * 2)
        return path

    def tick(self) -> tuple[list[dg.RunRequest], str]:
        """The runs that a tick asks for, and what it says otherwise."""
        result = inbox(dg.build_sensor_context(instance=self.instance, cursor=self.cursor))
        assert isinstance(result, dg.SensorResult)
        self.cursor = result.cursor
        skip = result.skip_reason.skip_message if isinstance(result.skip_reason, dg.SkipReason) else result.skip_reason
        return list(result.run_requests or []), skip or ""

    def read(self) -> None:
        """Do what a run does."""
        place = str(self.place)
        ingest_inbox(self.source, Lake(place), ObjectFolder(place), on_progress=lambda _: None, settle_seconds=5)

    def sweep(self) -> None:
        """Let the time until the next sweep pass."""
        memory = InboxMemory.parse(self.cursor)
        memory.swept_at = datetime.fromtimestamp(LONG_AGO, UTC)
        self.cursor = str(memory)


@pytest.fixture
def ticker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Ticker]:
    monkeypatch.setenv("LORECHAT_HOME", str(tmp_path))
    monkeypatch.setenv("LORECHAT_SOURCES", str(tmp_path / "sources"))
    with dg.DagsterInstance.ephemeral() as instance:
        ticker = Ticker(tmp_path, instance)
        write_source(tmp_path / "sources", ticker.source)
        instance.add_dynamic_partitions(PARTITIONS, ["docs"])
        yield ticker


def test_an_empty_inbox_asks_for_nothing(ticker: Ticker) -> None:
    assert ticker.tick() == ([], "nothing new in the inbox")


def test_new_files_are_asked_for_once_and_the_site_is_left_alone(ticker: Ticker) -> None:
    ticker.drop("a.html", "a")
    ticker.drop("b.html", "b")
    [request], _ = ticker.tick()
    assert request.partition_key == "docs"
    assert request.run_config == {"ops": {"raw_html": {"config": {"inbox_only": True}}}}
    assert request.tags["lorechat/inbox_files"] == "2"
    assert ticker.tick()[0] == []
    ticker.read()
    assert ticker.tick() == ([], "nothing new in the inbox")


def test_a_file_that_is_still_written_is_waited_for(ticker: Ticker) -> None:
    path = ticker.drop("a.html", "a", age=0)
    ticker.drop("b.jsonl.part", "b")
    assert ticker.tick()[0] == []
    os.utime(path, (time.time() - 60,) * 2)
    assert len(ticker.tick()[0]) == 1


def _rewritten(ticker: Ticker) -> None:
    ticker.drop("b.html", "other", age=30)


def _older_than_the_others(ticker: Ticker) -> None:
    ticker.drop("moved-in.html", "from last year", age=30_000_000)


def _newest_deleted_and_another_added(ticker: Ticker) -> None:
    (ticker.place / "inbox" / "docs" / "b.html").unlink()
    ticker.drop("c.html", "c", age=50)


@pytest.mark.parametrize("change", [_rewritten, _older_than_the_others, _newest_deleted_and_another_added])
def test_no_change_is_missed(ticker: Ticker, change: Callable[[Ticker], None]) -> None:
    ticker.drop("a.html", "a", age=90)
    ticker.drop("b.html", "b", age=60)
    [first], _ = ticker.tick()
    ticker.read()
    change(ticker)
    [second], _ = ticker.tick()
    assert second.run_key != first.run_key
    assert second.tags["lorechat/inbox_files"] == "1"


def test_a_deleted_file_asks_for_nothing(ticker: Ticker) -> None:
    path = ticker.drop("a.html", "a")
    ticker.tick()
    ticker.read()
    path.unlink()
    assert ticker.tick() == ([], "nothing new in the inbox")


@pytest.mark.parametrize("cursor", [None, "", "not json", "[1]", json.dumps({"seen": 1}), "inbox/docs/a.html"])
def test_a_lost_cursor_asks_for_what_was_not_read_alone(ticker: Ticker, cursor: str | None) -> None:
    ticker.drop("a.html", "a")
    ticker.tick()
    ticker.read()
    ticker.cursor = cursor
    assert ticker.tick()[0] == []
    ticker.drop("b.html", "b")
    ticker.cursor = cursor
    assert len(ticker.tick()[0]) == 1


def test_what_runs_did_not_read_is_asked_for_again_a_few_times(ticker: Ticker) -> None:
    ticker.drop("a.html", "a")
    keys = set()
    for _ in range(inbox_watch.MOST_ATTEMPTS):
        [request], _ = ticker.tick()
        keys.add(request.run_key)
        assert ticker.tick()[0] == []  # not before the sweep
        ticker.sweep()
    assert len(keys) == inbox_watch.MOST_ATTEMPTS
    requests, said = ticker.tick()
    assert requests == []
    assert "3 runs did not read 1 files" in said
    ticker.drop("b.html", "b")
    assert len(ticker.tick()[0]) == 1


def test_a_busy_source_waits_and_is_asked_for_then(ticker: Ticker) -> None:
    ticker.drop("a.html", "a")
    run = ticker.instance.create_run_for_job(
        dg.job(name="build_source")(lambda: None),
        tags={"dagster/partition": "docs"},
        status=dg.DagsterRunStatus.STARTED,
    )
    requests, said = ticker.tick()
    assert requests == []
    assert "wait for the end of a run" in said
    ticker.instance.report_run_canceled(run)
    assert len(ticker.tick()[0]) == 1


def test_a_source_without_partition_is_left_to_its_first_build(ticker: Ticker) -> None:
    ticker.drop("a.html", "a")
    ticker.instance.delete_dynamic_partition(PARTITIONS, "docs")
    requests, said = ticker.tick()
    assert requests == []
    assert "first build" in said


def test_files_that_nobody_reads_are_told_with_what_to_do(ticker: Ticker, tmp_path: Path) -> None:
    write_source(tmp_path / "sources", Source(name="site", start_urls=("https://site.test/",)))
    ticker.drop("a.html", "a", source="handbok")
    ticker.drop("b.html", "b", source="site")
    requests, said = ticker.tick()
    assert requests == []
    assert "inbox/handbok/ holds 1 files, but there is no source 'handbok'" in said
    assert "sources/handbok.yaml" in said
    assert "`inbox: true`" in said
    assert "inbox/site/ holds 1 files that nobody reads: add `inbox: true`" in said


def test_a_tick_without_change_does_not_read_the_lake(ticker: Ticker) -> None:
    ticker.drop("a.html", "a")
    ticker.tick()
    ticker.read()
    ticker.tick()
    for table in ticker.place.glob("*/_delta_log"):
        table.rename(table.with_name("hidden"))  # whoever reads a table now finds none, and would ask for a run
    assert ticker.tick() == ([], "nothing new in the inbox")
