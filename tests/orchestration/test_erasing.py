"""A page is erased from a laptop run as a person does it, with a chat that goes on and a recrawl afterwards."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from chat_app.answer import AnswerPipeline
from chat_app.pipeline import answer_once, open_pipeline
from chat_app.settings import ChatSettings
from data_contracts.crawl_ledger import CRAWL_LEDGER
from data_contracts.page_version import PAGE_VERSIONS
from lake import current_pages
from lake.erased import keep_out
from orchestration.definitions import make_definitions
from orchestration.materialize import build_source, open_instance
from orchestration.resources import make_flow
from orchestration.settings import PipelineSettings
from orchestration.upkeep import maintain
from scrapers.source_file import write_source

pytestmark = pytest.mark.slow

Run = Any


@pytest.fixture
def settings(workplace: tuple[Path, dict[str, str]]) -> PipelineSettings:
    """The settings that the `lorechat` command of the workplace has."""
    _, variables = workplace
    return PipelineSettings(
        home=Path(variables["LORECHAT_HOME"]),
        sources=Path(variables["LORECHAT_SOURCES"]),
        models=Path(variables["LORECHAT_MODELS"]),
    )


@pytest.fixture
def source(settings: PipelineSettings, small_site: Any) -> str:
    """The name of a source of seven pages that was built through Dagster."""
    name = f"small-{small_site.url.rsplit(':', 1)[-1]}"
    write_source(settings.sources, small_site.source(name))
    build_source(settings, name, on_progress=lambda progress: None)
    return name


def bytes_below(folder: Path) -> Iterator[tuple[Path, bytes]]:
    for path in folder.rglob("*"):
        if path.is_file():
            yield path, path.read_bytes()


def test_a_page_is_erased_while_the_chat_answers_and_does_not_come_back(
    settings: PipelineSettings, source: str, small_site: Any, lorechat: Run
) -> None:
    url = f"{small_site.url}/glaciers.html"
    chat = ChatSettings(home=settings.home, models=settings.models, openai_base_url="")
    pipeline = open_pipeline(chat)
    question = "How to start with glaciers?"
    assert cited(pipeline, source, question) >= {url}
    assert lorechat("ask", question, "--source", source).returncode == 0

    stop, failed = threading.Event(), []

    def keep_asking() -> None:
        while not stop.wait(0.05):
            try:
                cited(pipeline, source, "What are lighthouses about?")
            except Exception as error:  # of any kind: the test asserts that there was none
                failed.append(error)

    chatting = threading.Thread(target=keep_asking, daemon=True)
    chatting.start()
    try:
        shown = lorechat("erase", url, "--dry-run")
        done = lorechat("erase", url, "--yes", "--json")
    finally:
        stop.set()
        chatting.join()
    assert "table page_versions" in shown.stdout
    assert done.returncode == 0, done.stdout + done.stderr
    assert failed == []
    proof = json.loads(done.stdout)
    assert proof["is_gone"]
    assert {place["place"] for place in proof["places"]} >= {"table chunks", "Dagster's storage", "logs"}
    assert url not in cited(pipeline, source, question)
    assert "usual mistake in glaciers" not in answer_once(question, settings=chat).text

    small_site.pages["/"] += "<!-- changed -->"
    build_source(settings, source, on_progress=lambda progress: None)
    assert url not in set(current_pages(settings.lake(), source).collect()["url"])
    assert settings.store().live(source).pages == 6
    told = settings.lake().scan(CRAWL_LEDGER).collect().select("url", "target_url", "discovered_from").rows()
    assert all(url not in row for row in told)
    for path, data in bytes_below(settings.home):
        if "models" not in path.parts:
            assert b"haste" not in data or b"mistake in glaciers" not in data, path
    assert lorechat("erase", url, "--let-in-again").returncode == 0
    build_source(settings, source, on_progress=lambda progress: None)
    assert settings.store().live(source).pages == 7


def cited(pipeline: AnswerPipeline, source: str, question: str) -> set[str]:
    found = asyncio.run(pipeline.library.search(question, sources=[source], limit=5))
    return {scored.passage.url for scored in found.passages}


def test_the_nightly_job_shows_what_it_did_and_erases_what_came_back(
    settings: PipelineSettings, source: str, small_site: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("home", "sources", "models"):
        monkeypatch.setenv(f"LORECHAT_{name.upper()}", str(getattr(settings, name)))
    url = f"{small_site.url}/bread.html"
    keep_out(settings.lake(), source, [url])  # as if a crawl had brought it back that had begun before
    with open_instance(settings) as instance:
        job = make_definitions(make_flow(settings)).resolve_job_def("maintain")
        result = job.execute_in_process(instance=instance, raise_on_error=True)
        [output] = [event for event in result.all_node_events if event.event_type == dg.DagsterEventType.STEP_OUTPUT]
    metadata = output.step_output_data.metadata
    assert "| page_versions |" in metadata["tables"].value
    assert metadata["sources with pages erased again"].value == 1
    assert url not in set(settings.lake().scan(PAGE_VERSIONS).collect()["url"])
    assert maintain(settings, dry_run=False, tell=lambda line: None).erased_again == ()


def test_a_page_that_no_source_knows_is_a_clear_message(lorechat: Run, settings: PipelineSettings) -> None:
    done = lorechat("erase", "https://nowhere.example/page.html", "--yes")
    assert done.returncode == 1
    assert "no source knows" in done.stderr
    assert lorechat("erase", "--all").returncode == 2
