"""The sensors' decisions, tick by tick: what is built, crawled again and taken away."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import dagster as dg
import pytest
import yaml

from orchestration.definitions import defs
from orchestration.jobs import recrawl_source
from orchestration.partitions import PARTITIONS, source_files
from orchestration.run_tag import PARTITION_TAG
from orchestration.schedules import last_tick, recrawl_schedules

WEEKLY = "0 3 * * 1"


class Place:
    """A folder of source files that the settings name, and an instance without any run."""

    def __init__(self, folder: Path, instance: dg.DagsterInstance) -> None:
        self.folder = folder
        self.instance = instance
        self.cursor: str | None = None

    def write(self, name: str, **fields: object) -> None:
        content = {"name": name, "start_urls": ["https://example.test/"], **fields}
        (self.folder / f"{name}.yaml").write_text(yaml.safe_dump(content))

    def look(self) -> dg.SensorResult:
        """A tick of `source_files`; its changes of partitions are made, as the daemon would."""
        result = source_files(dg.build_sensor_context(instance=self.instance, cursor=self.cursor))
        assert isinstance(result, dg.SensorResult)
        self.cursor = result.cursor
        for request in result.dynamic_partitions_requests or []:
            if isinstance(request, dg.AddDynamicPartitionsRequest):
                self.instance.add_dynamic_partitions(PARTITIONS, list(request.partition_keys))
            else:
                for key in request.partition_keys:
                    self.instance.delete_dynamic_partition(PARTITIONS, key)
        return result

    def due(self, cursor: str | None = None) -> dg.SensorResult:
        """A tick of `recrawl_schedules`."""
        context = dg.build_sensor_context(
            instance=self.instance, cursor=cursor, repository_def=defs.get_repository_def()
        )
        result = recrawl_schedules(context)
        assert isinstance(result, dg.SensorResult)
        return result

    @property
    def partitions(self) -> list[str]:
        return sorted(self.instance.get_dynamic_partitions(PARTITIONS))


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Place]:
    folder = tmp_path / "sources"
    folder.mkdir()
    monkeypatch.setenv("LORECHAT_SOURCES", str(folder))
    monkeypatch.setenv("LORECHAT_HOME", str(tmp_path / "home"))
    with dg.DagsterInstance.ephemeral() as instance:
        yield Place(folder, instance)


def _keys(result: dg.SensorResult) -> list[str | None]:
    return [request.partition_key for request in result.run_requests or []]


def _reason(result: dg.SensorResult) -> str:
    return result.skip_reason.skip_message or "" if result.skip_reason else ""


def test_a_new_file_gets_its_partition_and_one_first_build(place: Place) -> None:
    place.write("docs")
    first = place.look()
    assert (_keys(first), place.partitions) == (["docs"], ["docs"])
    assert [request.tags["lorechat/source"] for request in first.run_requests or []] == ["docs"]
    second = place.look()
    assert _keys(second) == []
    assert "1 sources have their partition" in _reason(second)


def test_a_source_that_somebody_else_builds_gets_no_first_build(place: Place) -> None:
    place.write("docs")
    place.instance.add_dynamic_partitions(PARTITIONS, ["docs"])
    assert _keys(place.look()) == []


def test_a_broken_file_is_told_and_keeps_its_partition_and_the_others_their_builds(place: Place) -> None:
    place.write("docs")
    place.look()
    (place.folder / "docs.yaml").write_text("name: [")
    place.write("good")
    assert _keys(place.look()) == ["good"]
    assert place.partitions == ["docs", "good"]
    assert "docs.yaml: is not valid YAML" in _reason(place.look())


def test_a_deleted_file_takes_its_partition_with_it_and_that_is_said(place: Place) -> None:
    place.write("docs")
    place.write("kept")
    place.look()
    (place.folder / "docs.yaml").unlink()
    place.look()
    assert "file is gone: docs" in _reason(place.look())
    assert place.partitions == ["kept"]
    place.write("docs")
    assert _keys(place.look()) == ["docs"]


def test_a_file_that_is_away_for_a_moment_is_not_built_again(place: Place) -> None:
    place.write("docs")
    place.look()
    (place.folder / "docs.yaml").unlink()
    assert place.look().dynamic_partitions_requests == []
    place.write("docs")
    assert _keys(place.look()) == []
    (place.folder / "docs.yaml").unlink()
    place.look()
    assert place.partitions == ["docs"]


def test_a_folder_that_is_not_there_takes_no_partition(place: Place) -> None:
    place.write("docs")
    place.look()
    place.folder.rename(place.folder.with_name("unmounted"))
    place.look()
    assert place.partitions == ["docs"]


def test_missed_times_end_in_one_recrawl(place: Place) -> None:
    place.write("docs", schedule=WEEKLY)
    place.look()
    first = place.due()
    assert _keys(first) == []
    long_ago = datetime.now(UTC) - timedelta(days=30)
    missed = place.due(json.dumps({f"docs {WEEKLY}": long_ago.isoformat()}))
    [request] = missed.run_requests or []
    assert (request.partition_key, request.tags["lorechat/source"]) == ("docs", "docs")
    assert request.run_key == f"docs {last_tick(WEEKLY, datetime.now(UTC)).isoformat()}"
    assert _keys(place.due(missed.cursor)) == []


def test_a_busy_source_is_crawled_when_it_is_free_again(place: Place) -> None:
    place.write("docs", schedule=WEEKLY)
    place.look()
    cursor = json.dumps({f"docs {WEEKLY}": (datetime.now(UTC) - timedelta(days=30)).isoformat()})
    job = defs.resolve_job_def(recrawl_source.name)
    run = place.instance.create_run_for_job(job, tags={PARTITION_TAG: "docs"}, status=dg.DagsterRunStatus.STARTED)
    waiting = place.due(cursor)
    assert _keys(waiting) == []
    place.instance.report_run_failed(run)
    assert _keys(place.due(waiting.cursor)) == ["docs"]


def test_a_changed_schedule_counts_from_now_and_a_broken_file_keeps_its_place(place: Place) -> None:
    place.write("docs", schedule=WEEKLY)
    place.look()
    cursor = json.dumps({f"docs {WEEKLY}": (datetime.now(UTC) - timedelta(days=30)).isoformat()})
    (place.folder / "docs.yaml").write_text("name: [")
    assert place.due(cursor).cursor == cursor
    place.write("docs", schedule="30 4 * * *")
    changed = place.due(cursor)
    assert _keys(changed) == []
    assert list(json.loads(changed.cursor or "")) == ["docs 30 4 * * *"]


def test_a_schedule_means_utc_whatever_the_machine_thinks() -> None:
    now = datetime(2026, 3, 29, 12, 0, tzinfo=UTC)
    assert last_tick("30 2 * * *", now) == datetime(2026, 3, 29, 2, 30, tzinfo=UTC)


def test_a_tick_loads_nothing_heavy(place: Place) -> None:
    place.write("docs", schedule=WEEKLY)
    heavy = {"polars", "deltalake", "scrapy", "torch", "faiss", "tantivy", "onnxruntime", "pyarrow", "boto3"}
    code = (
        "import sys, dagster as dg\n"
        "from orchestration.partitions import source_files\nfrom orchestration.schedules import recrawl_schedules\n"
        "with dg.DagsterInstance.ephemeral() as instance:\n"
        "    assert source_files(dg.build_sensor_context(instance=instance)).run_requests\n"
        "    recrawl_schedules(dg.build_sensor_context(instance=instance))\n"
        f"print(sorted({heavy!r} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=dict(os.environ))
    assert done.stdout.strip() == "[]", done.stderr
