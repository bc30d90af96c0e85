"""Runs that really ran, as traces at a door that speaks X-Ray's language."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
from botocore.exceptions import ClientError

from orchestration.materialize import open_instance
from orchestration.metrics.memory import Memory
from orchestration.settings import PipelineSettings
from orchestration.trace_sensor import send_traces, traces
from tests.doubles.xray_double import XrayDouble
from tests.orchestration.metrics.built_source import build


@pytest.fixture
def xray(monkeypatch: pytest.MonkeyPatch) -> Iterator[XrayDouble]:
    double = XrayDouble()
    for name, value in {
        "AWS_ENDPOINT_URL_XRAY": double.origin,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
    }.items():
        monkeypatch.setenv(name, value)
    yield double
    double.close()


@pytest.fixture
def settings(tmp_path: Path) -> PipelineSettings:
    return PipelineSettings(home=tmp_path / "home", sources=tmp_path, traces="xray", metrics_stage="dev")


def _memory() -> Memory:
    return Memory.parse(None, datetime.now(UTC))


def _look(settings: PipelineSettings, memory: Memory) -> list[str]:
    with open_instance(settings) as instance:
        return list(send_traces(instance, settings, memory))


@dg.asset(name="markdown", partitions_def=dg.StaticPartitionsDefinition(["bees"]))
def _breaks() -> None:
    raise dg.Failure("a secret of the site", allow_retries=False)


@dg.job
def _nothing() -> None:
    pass


def _break(settings: PipelineSettings) -> str:
    with open_instance(settings) as instance:
        return dg.materialize([_breaks], instance=instance, partition_key="bees", raise_on_error=False).run_id


@pytest.mark.slow
def test_a_build_is_one_trace_with_a_part_for_each_step_and_its_figures(
    small_site: Any, tmp_path: Path, prepared_models: Path, xray: XrayDouble
) -> None:
    settings = build(small_site, tmp_path, prepared_models)
    assert _look(settings, _memory()) == []
    (segment,) = xray.segments.values()
    assert segment["annotations"] | {"run": "", "job": ""} == {
        "run": "",
        "job": "",
        "source": "small",
        "stage": "dev",
        "outcome": "success",
    }
    assert not segment["fault"]
    wait, *steps = segment["subsegments"]
    assert wait["name"] == "wait"
    figures = {step["name"]: step["metadata"]["lorechat"] for step in steps}
    assert list(figures)[:5] == ["raw_html", "markdown", "chunks", "embeddings", "vector_index"]
    assert figures["raw_html"]["pages_fetched"] == 7
    assert figures["markdown"]["rows_added"] == 7
    assert all(step["end_time"] <= segment["end_time"] and not step["fault"] for step in steps)


def test_a_failed_run_is_a_fault_and_says_no_words_of_its_error(settings: PipelineSettings, xray: XrayDouble) -> None:
    run_id = _break(settings)
    assert _look(settings, _memory()) == []
    (segment,) = xray.segments.values()
    assert (segment["fault"], segment["annotations"]["outcome"]) == (True, "failure")
    assert (segment["annotations"]["run"], segment["annotations"]["source"]) == (run_id, "bees")
    assert [step["fault"] for step in segment["subsegments"] if step["name"] == "markdown"] == [True]
    assert "secret" not in str(segment)


def test_a_run_that_never_began_has_waited_and_nothing_else(settings: PipelineSettings, xray: XrayDouble) -> None:
    with open_instance(settings) as instance:
        run = instance.create_run_for_job(_nothing)
        instance.report_run_failed(run)
    assert _look(settings, _memory()) == []
    (segment,) = xray.segments.values()
    (wait,) = segment["subsegments"]
    assert (wait["name"], wait["start_time"], wait["end_time"]) == ("wait", segment["start_time"], segment["end_time"])
    assert segment["fault"]


def test_a_run_is_sent_once_and_again_while_it_is_not_taken(settings: PipelineSettings, xray: XrayDouble) -> None:
    memory, run_id = _memory(), _break(settings)
    assert _look(settings, Memory.parse(memory.model_dump_json(), datetime.now(UTC))) == []
    (segment_id,) = xray.segments
    xray.segments.clear()
    xray.throttled.add(segment_id)
    (said,) = _look(settings, memory)
    assert run_id in said
    assert "ThrottlingException too many segments" in said
    memory.advance(datetime.now(UTC))
    xray.throttled.clear()
    assert _look(settings, memory) == []
    assert list(xray.segments) == [segment_id]
    xray.segments.clear()
    assert _look(settings, memory) == []
    assert not xray.segments


def test_more_runs_than_fit_a_call_are_all_sent(settings: PipelineSettings, xray: XrayDouble) -> None:
    runs = {_break(settings) for _ in range(12)}
    assert _look(settings, _memory()) == []
    assert {segment["annotations"]["run"] for segment in xray.segments.values()} == runs


def test_without_the_right_the_look_fails_and_counts_nothing(settings: PipelineSettings, xray: XrayDouble) -> None:
    memory = _memory()
    _break(settings)
    xray.refuses = True
    with pytest.raises(ClientError, match="xray:PutTraceSegments"):
        _look(settings, memory)
    xray.refuses = False
    _look(settings, memory)
    assert len(xray.segments) == 1


def test_the_sensor_goes_on_where_it_was(
    settings: PipelineSettings, xray: XrayDouble, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LORECHAT_HOME", str(settings.home))
    monkeypatch.setenv("LORECHAT_TRACES", "xray")
    _break(settings)
    with open_instance(settings) as instance:
        first = traces(dg.build_sensor_context(instance=instance))
        assert isinstance(first, dg.SensorResult)
        assert len(xray.segments) == 1
        xray.segments.clear()
        second = traces(dg.build_sensor_context(instance=instance, cursor=first.cursor))
    assert isinstance(second, dg.SensorResult)
    assert not xray.segments
    assert Memory.parse(second.cursor, datetime.now(UTC) + timedelta(minutes=1)).ended


def test_without_the_setting_nothing_is_sent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LORECHAT_HOME", str(tmp_path))
    monkeypatch.setenv("LORECHAT_TRACES", "")
    with dg.DagsterInstance.ephemeral() as instance:
        assert isinstance(traces(dg.build_sensor_context(instance=instance)), dg.SkipReason)
