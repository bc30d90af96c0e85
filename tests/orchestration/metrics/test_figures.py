"""What the sensor reads from a pipeline that really ran."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
from dagster._core.remote_origin import RegisteredCodeLocationOrigin, RemoteJobOrigin, RemoteRepositoryOrigin

from orchestration.materialize import open_instance
from orchestration.metrics.freshness import overdue_hours, together
from orchestration.metrics.kind import GOLDEN_RECALL, LIVE_PAGES, OLDEST_PAGE_HOURS, OVERDUE_HOURS
from orchestration.metrics.memory import Memory
from orchestration.metrics.sensor import OTHERS, metric_lines, metrics
from orchestration.settings import PipelineSettings
from tests.orchestration.metrics.built_source import STAGE, build


def _look(settings: PipelineSettings, memory: Memory, now: datetime | None = None) -> list[dict[str, Any]]:
    now = now or datetime.now(UTC)
    with open_instance(settings) as instance:
        lines = [json.loads(line) for line in metric_lines(instance, settings, memory, now)]
    memory.advance(now)
    return lines


def _first_memory() -> Memory:
    return Memory.parse(None, datetime.now(UTC))


@pytest.mark.slow
def test_a_build_is_counted_once_and_its_source_is_told_of_at_every_look(
    small_site: Any, tmp_path: Path, prepared_models: Path
) -> None:
    settings = build(small_site, tmp_path, prepared_models, schedule="0 3 * * 1")
    memory = _first_memory()
    runs, *lines = _look(settings, memory)
    assert (runs["runs_succeeded"], runs["runs_failed"], runs["queued_runs"], runs["stage"]) == (1, 0, 0, STAGE)
    work = {line["asset"]: line for line in lines if "asset" in line}
    assert list(work) == ["raw_html", "markdown", "chunks", "embeddings", "vector_index"]
    assert (work["raw_html"]["pages_fetched"], work["raw_html"]["pages_new"], work["raw_html"]["pages_gone"]) == (
        7,
        7,
        0,
    )
    assert work["markdown"]["rows_added"] == 7
    assert all(line["source"] == "small" and line["rows_quarantined"] == 0 for line in work.values())
    assert all(line["step_seconds"] > 0 for name, line in work.items() if name != "raw_html")
    (small,) = (line for line in lines if "asset" not in line)
    assert (small["live_pages"], small["overdue_hours"]) == (7, 0)
    assert 0 <= small["median_page_hours"] <= small["oldest_page_hours"] < 1
    assert 0 < small["heading_recall"] <= 100
    assert (small["golden_recall"], small["release_hours"] < 1) == (100, True)

    memory = Memory.parse(memory.model_dump_json(), datetime.now(UTC))
    runs, again = _look(settings, memory, datetime.now(UTC) + timedelta(days=14))
    assert (runs["runs_succeeded"], again["live_pages"]) == (0, 7)
    assert again["oldest_page_hours"] == pytest.approx(14 * 24, abs=1)
    assert again["overdue_hours"] > 6 * 24  # a week's crawl was due, and is late by more than six days

    lost = Memory(looked=(datetime.now(UTC) + timedelta(days=1)).timestamp())
    runs, recalled = _look(settings, lost)
    assert {**recalled, "_aws": 0}.keys() == {**again, "_aws": 0}.keys()
    assert lost.sources == memory.sources


@dg.op
def _break_down() -> None:
    raise dg.Failure("the site does not answer", allow_retries=False)


_ORIGIN = RemoteJobOrigin(RemoteRepositoryOrigin(RegisteredCodeLocationOrigin("code"), "__repository__"), "_doomed")


@dg.job
def _doomed() -> None:
    _break_down()


def test_a_run_that_fails_for_good_is_counted_as_failed_once(tmp_path: Path) -> None:
    settings = PipelineSettings(home=tmp_path / "home", sources=tmp_path, metrics="emf")
    memory = _first_memory()
    _look(settings, memory)
    with open_instance(settings) as instance:
        assert not _doomed.execute_in_process(instance=instance, raise_on_error=False).success
        again = _doomed.execute_in_process(instance=instance, raise_on_error=False)
        instance.add_run_tags(again.run_id, {"dagster/will_retry": "true"})
    (runs,) = _look(settings, memory)
    assert (runs["runs_failed"], runs["runs_retried"], runs["runs_succeeded"]) == (1, 1, 0)
    (runs,) = _look(settings, memory)
    assert (runs["runs_failed"], runs["runs_retried"]) == (0, 0)


def test_the_queue_is_as_old_as_its_oldest_run(tmp_path: Path) -> None:
    settings = PipelineSettings(home=tmp_path / "home", sources=tmp_path, metrics="emf")
    with open_instance(settings) as instance:
        for _ in range(2):
            instance.create_run_for_job(_doomed, status=dg.DagsterRunStatus.QUEUED, remote_job_origin=_ORIGIN)
    (runs,) = _look(settings, _first_memory(), datetime.now(UTC) + timedelta(minutes=5))
    assert (runs["queued_runs"], runs["running_runs"]) == (2, 0)
    assert runs["oldest_queued_seconds"] >= 300


def _reported(settings: PipelineSettings, source: str, rows: int, quarantined: int, **told: float) -> None:
    """Enter a materialization, as a stage with these counts would."""
    with open_instance(settings) as instance:
        instance.add_dynamic_partitions("source", [source])
        instance.report_runless_asset_event(
            dg.AssetMaterialization(
                "markdown",
                partition=source,
                metadata={
                    "rows added": rows,
                    "rows quarantined": quarantined,
                    "pages worked on": rows + quarantined,
                    **told,
                },
            )
        )


def test_sources_beyond_the_limit_share_one_series(tmp_path: Path) -> None:
    settings = PipelineSettings(home=tmp_path / "home", sources=tmp_path, metrics="emf", metrics_sources=1)
    for name in ("ants", "bees", "crabs"):
        _reported(settings, name, rows=9, quarantined=1)
    lines = [line for line in _look(settings, _first_memory()) if "asset" in line]
    assert [line["source"] for line in lines] == ["ants", OTHERS, OTHERS]


def test_what_the_others_are_is_one_line_of_all_pages_and_the_worst_of_the_rest() -> None:
    good = {LIVE_PAGES: 7.0, OLDEST_PAGE_HOURS: 2.0, GOLDEN_RECALL: 100.0}
    bad = {LIVE_PAGES: 3.0, OLDEST_PAGE_HOURS: 90.0, GOLDEN_RECALL: 40.0, OVERDUE_HOURS: 5.0}
    assert together([good, bad]) == {LIVE_PAGES: 10, OLDEST_PAGE_HOURS: 90, GOLDEN_RECALL: 40, OVERDUE_HOURS: 5}
    assert together([]) == {}


def test_quarantine_is_a_share_of_what_was_worked_on(tmp_path: Path) -> None:
    settings = PipelineSettings(home=tmp_path / "home", sources=tmp_path, metrics="emf")
    _reported(settings, "bees", rows=30, quarantined=10)
    (line,) = (line for line in _look(settings, _first_memory()) if "asset" in line)
    assert (line["rows_quarantined"], line["quarantined_percent"]) == (10, 25)


def test_what_is_no_number_is_left_out_and_holds_no_look_up(tmp_path: Path) -> None:
    settings = PipelineSettings(home=tmp_path / "home", sources=tmp_path, metrics="emf")
    _reported(settings, "bees", rows=9, quarantined=0, seconds=float("nan"))
    (line,) = (line for line in _look(settings, _first_memory()) if "asset" in line)
    assert (line["rows_added"], "step_seconds" in line) == (9, False)


def test_the_first_work_of_a_process_whose_clock_is_late_is_counted(tmp_path: Path) -> None:
    settings = PipelineSettings(home=tmp_path / "home", sources=tmp_path, metrics="emf")
    memory = Memory(looked=(datetime.now(UTC) + timedelta(minutes=5)).timestamp())
    _reported(settings, "bees", rows=9, quarantined=0)
    assert [line["rows_added"] for line in _look(settings, memory) if "asset" in line] == [9]
    assert not [line for line in _look(settings, memory) if "asset" in line]


def test_a_source_is_overdue_from_the_first_time_that_its_crawl_was_missed() -> None:
    crawled = datetime(2026, 3, 2, 3, 20, tzinfo=UTC)
    daily = "0 3 * * *"
    assert overdue_hours(crawled.timestamp(), daily, datetime(2026, 3, 3, 2, tzinfo=UTC)) == 0
    assert overdue_hours(crawled.timestamp(), daily, datetime(2026, 3, 5, 4, tzinfo=UTC)) == 49
    assert overdue_hours(None, daily, crawled) is None
    assert overdue_hours(crawled.timestamp(), None, crawled) is None


def test_without_the_setting_nothing_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LORECHAT_HOME", str(tmp_path))
    monkeypatch.setenv("LORECHAT_METRICS", "")
    with dg.DagsterInstance.ephemeral() as instance:
        result = metrics(dg.build_sensor_context(instance=instance))
    assert isinstance(result, dg.SkipReason)
    assert capsys.readouterr().out == ""
