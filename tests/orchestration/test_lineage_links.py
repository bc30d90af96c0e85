"""Dagster's pages lead to those that explain answers, and a trace leads back to the run that fetched the page."""

from __future__ import annotations

from base64 import b64decode
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from chat_app.pipeline import answer_once
from chat_app.settings import ChatSettings
from chat_app.turn_log import keep_turn
from lake.trace import newest_turn, trace_citation
from lake.trace_line import trace_lines
from orchestration.materialize import build_source, open_instance
from orchestration.settings import PipelineSettings
from scrapers.source_file import write_source

pytestmark = pytest.mark.slow

CHAT = "https://chat.test"
DAGSTER = "https://dagster.test"


def test_links_lead_both_ways(small_site: Any, tmp_path: Path, prepared_models: Path) -> None:
    settings = PipelineSettings(
        home=tmp_path / "home", sources=tmp_path / "sources", models=prepared_models, chat_url=f"{CHAT}/"
    )
    small_site.pages["/bread.html"] = small_site.page(
        "Bread", ("More", "See what is missing. " * 9), links=("/no.html",)
    )
    write_source(settings.sources, small_site.source("small"))
    build_source(settings, "small", on_progress=lambda progress: None)

    shown = {}
    with open_instance(settings) as instance:
        for asset in ("raw_html", "markdown", "chunks", "embeddings", "vector_index"):
            event = instance.get_latest_materialization_event(dg.AssetKey(asset))
            assert event is not None
            assert event.asset_materialization is not None
            shown[asset] = event.asset_materialization.metadata
            assert shown[asset]["why do its pages answer"].value == f"{CHAT}/why?source=small"
        runs = {run.run_id for run in instance.get_runs()}
    missing = f"{CHAT}/why?url={small_site.url.replace(':', '%3A').replace('/', '%2F')}%2Fno.html&source=small"
    assert f"](<{missing}>)" in shown["raw_html"]["URLs without a page"].value
    picture = shown["vector_index"]["pages by state"].value
    svg = b64decode(picture.split("base64,")[1][:-1]).decode()
    assert 'aria-label="Pages of small: 8 URLs in scope, 7 fetched, 1 gone, 7 pages, ' in svg
    live = settings.store().live("small")
    assert live is not None
    assert shown["vector_index"]["live release"].value == live.release_id

    chat = ChatSettings(home=settings.home, models=prepared_models, openai_base_url="", dagster_url=f"{DAGSTER}/")
    answer = answer_once("What is the usual mistake in sailing?", settings=chat)
    keep_turn(settings.lake(), answer, turn_id="t1", thread_id="t", asked_at=datetime.now(UTC))
    turn = newest_turn(settings.lake())
    assert turn is not None
    trace = trace_citation(settings.lake(), turn, turn.citations[0])
    lines = {line.topic: line for line in trace_lines(trace, chat.dagster_address)}
    assert trace.crawl is not None
    assert trace.crawl.run_id in runs
    assert lines["run"].link == f"{DAGSTER}/runs/{trace.crawl.run_id}"
    assert lines["release"].link == f"{DAGSTER}/assets/vector_index?partition=small"
    assert lines["crawler"].text
