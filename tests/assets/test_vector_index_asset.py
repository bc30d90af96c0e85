"""The asset `vector_index` in Dagster's hands: what a person sees of a release that went live, and of a refused one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from assets.flow import Flow
from assets.policy import SOURCES
from assets.vector_index import vector_index
from lake import ObjectFolder
from scrapers.source_catalog import SourceCatalog
from scrapers.source_file import write_source

pytestmark = pytest.mark.slow

SENTENCE = "Whoever looks at the rain for long will see that it is never quite the same."


def html(text: str) -> str:
    return f"<html><head><title>Rain</title></head><body><main><h1>The rain</h1><p>{text}</p></main></body></html>"


@pytest.fixture
def flow(crawled: Any, tmp_path: Path) -> Flow:
    folder = tmp_path / "sources"
    write_source(folder, crawled.source)
    (folder / "example.questions.yaml").write_text(
        f"- question: What does one see in the rain?\n  url: /rain\n  quote: {SENTENCE}\n"
    )
    return Flow(
        sources=SourceCatalog(folder, ObjectFolder(str(tmp_path / "lake" / "sources"))),
        lake=crawled.lake,
        objects=ObjectFolder(str(tmp_path / "lake")),
        store=crawled.store,
        load_embedder=lambda: crawled.embedder,
        load_chunking=lambda: crawled.chunking,
        environment={},
    )


def materialize(flow: Flow) -> dg.ExecuteInProcessResult:
    with dg.DagsterInstance.ephemeral() as instance:
        instance.add_dynamic_partitions(SOURCES.name or "", ["example"])
        return dg.materialize(
            [vector_index],
            instance=instance,
            partition_key="example",
            resources={"flow": flow},
            raise_on_error=False,
        )


def prepare(crawled: Any, text: str) -> None:
    crawled.crawl({"/rain": html(text)})
    crawled.extract(), crawled.split(), crawled.embed()


def test_a_release_that_goes_live_shows_its_scores_and_a_refused_one_why(crawled: Any, flow: Flow) -> None:
    prepare(crawled, SENTENCE)
    good = materialize(flow)
    assert good.success
    [materialization] = good.asset_materializations_for_node("vector_index")
    shown = {name: value.value for name, value in materialization.metadata.items()}
    assert (shown["outcome"], shown["golden recall@5"]) == ("promoted", 1.0)
    assert "| golden | recall@5 | 1.000 | - |" in shown["evaluation"]
    assert shown["recall over releases"].startswith("![recall over releases](data:image/svg+xml;base64,")
    assert all(check.passed for check in good.get_asset_check_evaluations())
    live = crawled.store.live("example").release_id

    prepare(crawled, "This page has moved. Use the search box to find what you are looking for.")
    bad = materialize(flow)
    assert not bad.success
    [failure] = [event for event in bad.all_events if event.is_step_failure]
    said = failure.step_failure_data.user_failure_data
    assert "only 0 of 1 golden questions have their quote in the pages" in said.description
    assert "What does one see in the rain?" in said.metadata["failing questions"].value
    assert "pages changed" in said.metadata["difference to the live release"].value
    assert crawled.store.live("example").release_id == live


def test_a_mistake_in_the_questions_stops_the_step_before_anything_goes_live(crawled: Any, flow: Flow) -> None:
    prepare(crawled, SENTENCE)
    (flow.sources.folder / "example.questions.yaml").write_text("- question: What?\n  url: /rain\n")
    result = materialize(flow)
    [failure] = [event for event in result.all_events if event.is_step_failure]
    said = failure.step_failure_data.user_failure_data.description
    assert "example.questions.yaml: question 1: field `quote`: Field required" in said
    assert crawled.store.live("example") is None
