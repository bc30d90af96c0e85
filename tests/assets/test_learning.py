"""Learning from the chat, in Dagster's hands: what a person sees of what people asked."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import dagster as dg
import polars as pl
import pytest

from assets.chat_report import chat_report
from assets.chat_usage import chat_usage
from assets.flow import Flow
from assets.golden_candidates import golden_candidates
from assets.policy import SOURCES
from data_contracts.chat_turn import CHAT_TURNS, FEEDBACK
from data_contracts.golden_candidate import GOLDEN_CANDIDATES, GOLDEN_DECISIONS
from data_contracts.table import Table
from lake import Lake, ObjectFolder
from lake.golden import accepted_questions, open_candidates
from scrapers.source_catalog import SourceCatalog
from scrapers.source_file import write_source

pytestmark = pytest.mark.slow

RAIN = "Whoever looks at the rain for long will see that it is never quite the same."
FOG = "Fog comes from the sea in the morning and leaves before noon."
URL = "https://example.com/rain"


def html(title: str, text: str) -> str:
    return f"<html><head><title>{title}</title></head><body><main><h1>{title}</h1><p>{text}</p></main></body></html>"


@pytest.fixture
def flow(crawled: Any, tmp_path: Path) -> Flow:
    folder = tmp_path / "sources"
    write_source(folder, crawled.source)
    crawled.crawl({"/rain": html("The rain", RAIN), "/fog": html("The fog", FOG)})
    crawled.extract(), crawled.split(), crawled.embed()
    crawled.release()
    return Flow(
        sources=SourceCatalog(folder, ObjectFolder(str(tmp_path / "lake" / "sources"))),
        lake=crawled.lake,
        objects=ObjectFolder(str(tmp_path / "lake")),
        store=crawled.store,
        load_embedder=lambda: crawled.embedder,
        load_chunking=lambda: crawled.chunking,
        environment={},
    )


def append(lake: Lake, table: Table, row: dict[str, object], source: str) -> None:
    schema = {name: kind for name, kind in table.schema.create_empty().schema.items() if name in row}
    assert lake.append(table, pl.DataFrame([row], schema=schema), source=source).added == 1


def ask(
    lake: Lake, number: int, question: str, *, judgement: str = "", source: str = "example", **more: object
) -> None:
    citation = {"number": 1, "source": "example", "url": URL, "quotes": ["never quite the same"]}
    row: dict[str, object] = {
        "turn_id": f"turn {number}",
        "thread_id": "t",
        "question": question,
        "answer": "See [1].",
        "model": "M",
        "citations": json.dumps([citation]),
        "releases": "{}",
        "asked_at": datetime.now(UTC) - timedelta(hours=number),
        "milliseconds": 1_000 + number,
        "is_answered": True,
        "support": 1.0,
        "input_tokens": 100,
        "output_tokens": 10,
        "cost": 0.25,
        "is_cached": False,
        "first_text_milliseconds": 100 + number,
    }
    append(lake, CHAT_TURNS, row | more, source)
    if judgement:
        at = {"turn_id": f"turn {number}", "judged_at": datetime.now(UTC), "judgement": judgement, "comment": None}
        append(lake, FEEDBACK, at, source)


def materialize(flow: Flow, asset: dg.AssetsDefinition) -> dict[str, Any]:
    with dg.DagsterInstance.ephemeral() as instance:
        instance.add_dynamic_partitions(SOURCES.name or "", ["example"])
        done = dg.materialize(
            [asset], instance=instance, partition_key="example", resources={"flow": flow}, raise_on_error=True
        )
    [materialization] = done.asset_materializations_for_node(asset.key.to_user_string())
    return {name: value.value for name, value in materialization.metadata.items()}


@pytest.fixture
def asked(flow: Flow) -> Flow:
    """Three vain questions of one meaning, one that was rated badly, two liked ones, and some that do not count."""
    lake = flow.lake
    ask(lake, 1, "How do I measure the depth of snow?", is_answered=False, cost=None)
    ask(lake, 2, "How can I measure how deep the snow is?", is_answered=False, cost=None)
    ask(lake, 3, "measure snow depth", support=0.2, source="example,other")
    ask(lake, 4, "Where does the fog come from?", judgement="down")
    ask(lake, 5, "What does one see in the rain?", judgement="up")
    ask(lake, 6, "What does one see in the rain?", judgement="up", is_cached=True, cost=0.0)
    ask(lake, 7, "Somebody else's question", is_answered=False, source="other")
    ask(lake, 8, "A question of long ago", is_answered=False, asked_at=datetime.now(UTC) - timedelta(days=40))
    return flow


def test_the_report_gathers_what_went_badly_by_topic_with_the_nearest_sections(asked: Flow) -> None:
    shown = materialize(asked, chat_report)
    assert (shown["questions"], shown["questions that went badly"]) == (6, 4)
    [_, _, snow, fog] = shown["topics"].splitlines()
    assert "snow" in snow.lower()
    assert "| 3 | 2 not answered, 1 not supported |" in snow
    assert "| 1 | 1 rated badly | The fog" in fog


def test_an_empty_report_says_so(flow: Flow) -> None:
    shown = materialize(flow, chat_report)
    assert (shown["questions"], shown["dagster/row_count"]) == (0, 0)


def test_candidates_are_proposed_once_and_those_that_are_accepted_are_golden_questions(asked: Flow) -> None:
    shown = materialize(asked, golden_candidates)
    assert (shown["candidates added"], shown["questions accepted"]) == (2, 0)
    waiting = open_candidates(asked.lake, "example")
    assert waiting.select("reason", "asked").rows() == [("unanswered", 3), ("liked", 2)]
    [liked] = waiting.filter(pl.col("reason") == "liked").to_dicts()
    assert (liked["question"], liked["url"]) == ("What does one see in the rain?", URL)
    assert liked["quote"] == "never quite the same"
    assert materialize(asked, golden_candidates)["candidates added"] == 0

    decision = {
        "candidate_id": liked["candidate_id"],
        "decided_at": datetime.now(UTC),
        "is_accepted": True,
        "question": liked["question"],
        "url": liked["url"],
        "quote": liked["quote"],
    }
    append(asked.lake, GOLDEN_DECISIONS, decision, "example")
    assert open_candidates(asked.lake, "example")["reason"].to_list() == ["unanswered"]
    [golden] = asked.golden_questions(asked.source("example"))
    assert (golden.question, golden.quote) == ("What does one see in the rain?", "never quite the same")
    assert materialize(asked, golden_candidates)["questions accepted"] == 1

    later = decision | {"decided_at": datetime.now(UTC) + timedelta(seconds=1), "is_accepted": False}
    append(asked.lake, GOLDEN_DECISIONS, later, "example")
    assert accepted_questions(asked.lake, "example") == ()
    assert asked.lake.scan(GOLDEN_CANDIDATES).collect().height == 2


def test_usage_is_told_by_day_and_by_model_with_pictures(asked: Flow) -> None:
    shown = materialize(asked, chat_usage)
    assert (shown["dagster/row_count"], shown["US dollars"]) == (6, 0.75)
    [_, _, model] = shown["by model"].splitlines()
    assert model.startswith("| M | 6 | 67% | 67% | 17% | 600 | 60 | 0.7500 |")
    assert shown["dollars by day"].startswith("![dollars by day](data:image/svg+xml;base64,")


def test_usage_of_a_source_that_nobody_asked_has_no_pictures(flow: Flow) -> None:
    shown = materialize(flow, chat_usage)
    assert shown["dagster/row_count"] == 0
    assert "turns by day" not in shown
