"""Dashboard and alarms name exactly what the running code writes, and nothing that is written goes unseen."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
from prometheus_client.parser import text_string_to_metric_families

from chat_app.doors.key_ring import KeyRing
from chat_app.settings import PROJECT, ChatSettings
from chat_app.store.database import open_database
from data_contracts.metric_line import STAGE as DIMENSION
from data_contracts.metric_line import metric_namespace
from infra.canary.handler import ask
from infra.config.stage_config import read_stage
from infra.parts import collector
from infra.parts.collector import METRICS
from orchestration.function.observation import Observation
from orchestration.function.outcome import Outcome
from orchestration.materialize import open_instance
from orchestration.metrics.memory import Memory
from orchestration.metrics.sensor import metric_lines
from orchestration.settings import PipelineSettings
from tests.chat_app.running_chat import RunningChat
from tests.conftest import TOPICS, page, topic_page
from tests.doubles.openai_double import ProviderDouble
from tests.free_port import free_port
from tests.infra.shown_metric import Series, in_alarms, on_dashboard, written
from tests.infra.written_stage import Stage
from tests.orchestration.metrics.built_source import STAGE, build

pytestmark = pytest.mark.slow

_QUESTION = "What is the usual mistake in sailing?"


def _of_pipeline(settings: PipelineSettings) -> set[Series]:
    now = datetime.now(UTC)
    with open_instance(settings) as instance:
        # What only a remote model is paid for.
        paid = dg.AssetMaterialization("embeddings", partition="small", metadata={"cost in US dollars": 0.01})
        instance.report_runless_asset_event(paid)
        lines = list(metric_lines(instance, settings, Memory.parse(None, now), now))
    return {series for line in lines for series in written(json.loads(line))}


@pytest.fixture(scope="module")
def settings(
    make_site: Callable[..., Any], prepared_models: Path, tmp_path_factory: pytest.TempPathFactory
) -> PipelineSettings:
    """A home whose source was built by the real flow."""
    topics = {f"/{topic}.html": topic_page(topic) for topic in TOPICS}
    start = page("Example site", ("Welcome", "Six subjects, each with a page of its own. " * 5), links=tuple(topics))
    folder = tmp_path_factory.mktemp("shown")
    return build(make_site({"/": start, **topics}), folder, prepared_models, schedule="0 3 * * 1")


@pytest.fixture(scope="module")
def of_chat(settings: PipelineSettings) -> set[Series]:
    """What a real chat writes of a turn, what the collector finds at its `/metrics`, what the canary writes of it."""
    provider = ProviderDouble()
    log = settings.home / "chat.log"
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith(("LORECHAT_", "OPENAI_"))},
        "LORECHAT_HOME": str(settings.home),
        "LORECHAT_MODELS": str(settings.models_folder),
        "LORECHAT_CHAT_PORT": str(free_port()),
        "LORECHAT_METRICS": "emf",
        "LORECHAT_METRICS_STAGE": STAGE,
        "OPENAI_BASE_URL": provider.url,
        "LORECHAT_CHAT_MODEL": "good",
        "LORECHAT_MODEL_PRICES": "good=1/2",
    }
    with log.open("wb") as out:
        process = subprocess.Popen([sys.executable, "-m", "chat_app"], cwd=PROJECT, env=environment, stdout=out)
    chat = RunningChat(f"http://127.0.0.1:{environment['LORECHAT_CHAT_PORT']}", environment, process)
    try:
        chat.wait_until("ready")
        key = asyncio.run(_key(settings))
        asked = {"ADDRESS": chat.address, "STAGE": STAGE, "NAMESPACE": f"LoreChat/{STAGE}", "QUESTION": _QUESTION}
        canary = ask(asked, key)
        assert (canary["canary_answered"], canary["problem"]) == (1, "")
        with pytest.raises(urllib.error.HTTPError):  # a refusal is to be counted
            urllib.request.urlopen(f"{chat.address}/api/answer", data=b"{}", timeout=60)
        with urllib.request.urlopen(f"{chat.address}/metrics", timeout=60) as answer:
            told = answer.read().decode()
    finally:
        chat.stop()
        provider.close()
    lines = [json.loads(line) for line in log.read_text().splitlines() if line.startswith('{"_aws"')]
    assert lines
    return {series for line in (*lines, canary) for series in written(line)} | _collected(told)


async def _key(settings: PipelineSettings) -> str:
    database = open_database(ChatSettings(_env_file=None, home=settings.home).database_place)
    try:
        return str(await KeyRing(database).add("canary"))
    finally:
        await database.close()


def _collected(told: str) -> set[Series]:
    """Return what the collector makes of a page of measures: those that it is to send on, with their dimensions."""
    labels: dict[str, set[str]] = {}
    for family in text_string_to_metric_families(told):
        for sample in family.samples:
            labels.setdefault(sample.name, set()).update(sample.labels)
    for name, dimensions in METRICS.items():
        assert labels[name] == set(dimensions), name
    return {Series(f"LoreChat/{STAGE}", name, frozenset((DIMENSION, *more))) for name, more in METRICS.items()}


def _of_function(capsys: pytest.CaptureFixture[str]) -> set[Series]:
    """What the function writes of a drop, and of one that is tried again."""
    observation = Observation({"POWERTOOLS_METRICS_NAMESPACE": metric_namespace(STAGE)})
    observation.count(Outcome(counts={"documents": 1}))
    observation.count_retry()
    observation.metrics.flush_metrics()
    (line,) = capsys.readouterr().out.splitlines()
    return written(json.loads(line))


@pytest.fixture(scope="module")
def emitted(settings: PipelineSettings, of_chat: set[Series]) -> set[Series]:
    """Everything that running code writes."""
    return _of_pipeline(settings) | of_chat


def test_what_dashboard_and_alarms_name_is_what_the_running_code_writes(
    prod: Stage, emitted: set[Series], capsys: pytest.CaptureFixture[str]
) -> None:
    here = {series._replace(namespace=metric_namespace(prod.name)) for series in emitted | _of_function(capsys)}
    shown, watched = on_dashboard(prod), in_alarms(prod)
    assert shown | watched == here
    assert {series.name for series in watched} <= {series.name for series in shown}  # an alarm's cause can be looked at


def test_code_and_stacks_call_stage_and_namespace_alike(emitted: set[Series]) -> None:
    assert collector.STAGE == DIMENSION
    assert collector.namespace(read_stage(STAGE)) == metric_namespace(STAGE)
    assert {series.namespace for series in emitted} == {metric_namespace(STAGE)}
    assert all(DIMENSION in series.dimensions for series in emitted)
