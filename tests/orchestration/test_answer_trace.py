"""Old answers are traced to the bytes of then, and what does not fit or is not there is said."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest

from assets.stages.cleaning_check import check_cleaning
from data_contracts.chunk import CHUNKS
from data_contracts.document import DOCUMENTS
from data_contracts.page_version import PAGE_VERSIONS
from lake import Lake
from lake.erased import keep_out
from lake.lineage import page_history
from lake.trace import find_turns, trace_citation
from tests.orchestration.harbour import World

pytestmark = pytest.mark.slow


def test_an_old_answer_is_traced_to_the_bytes_of_then(world: World) -> None:
    (turn,) = find_turns(world.lake, "old-answer")
    citation = next(one for one in turn.citations if one["url"] == world.url("/guide.html"))
    trace = trace_citation(world.lake, turn, citation)
    assert [check.outcome for check in trace.checks] == ["OK"] * 5
    assert trace.version is not None
    assert trace.version["body"].decode() == world.first_html
    assert trace.chunk is not None
    assert "Bertha" in trace.chunk["text"]
    assert trace.crawl is not None
    assert trace.release is not None
    assert trace.release["release_id"] == turn.releases["harbour"]
    assert trace.discovered[-1] == world.url("/")


def test_what_was_erased_is_said_plainly(world: World, tmp_path: Path) -> None:
    lake = Lake(str(tmp_path / "lake"))
    for table in (CHUNKS, DOCUMENTS, PAGE_VERSIONS):
        lake.append(table, world.lake.scan(table, source="harbour").collect(), source="harbour")
    (turn,) = find_turns(world.lake, "old-answer")
    citation = turn.citations[0]
    assert trace_citation(lake, turn, citation).is_whole
    for table in (CHUNKS, DOCUMENTS, PAGE_VERSIONS):
        lake.erase(table, pl.DataFrame({"url": [citation["url"]]}), source="harbour")
    keep_out(lake, "harbour", [citation["url"]])
    trace = trace_citation(lake, turn, citation)
    assert [check.outcome for check in trace.checks] == ["MISSING"] * 3
    assert trace.erased_at is not None
    history = page_history(lake, citation["url"], "harbour")
    assert history.erased_at is not None


def test_bytes_that_become_another_markdown_break_the_chain(world: World) -> None:
    (turn,) = find_turns(world.lake, "old-answer")
    trace = trace_citation(world.lake, turn, turn.citations[0])
    assert trace.version is not None
    assert trace.document is not None
    selectors = world.source.selectors
    same = check_cleaning(trace.version, trace.document, selectors)
    assert same is not None
    assert same.outcome == "OK"
    changed = {**trace.version, "body": trace.version["body"].replace(b"nine", b"two")}
    other = check_cleaning(changed, trace.document, selectors)
    assert other is not None
    assert other.outcome == "BROKEN"
    assert check_cleaning(trace.version, {**trace.document, "extractor_version": "0"}, selectors) is None


def test_the_picture_is_drawn_from_the_terminal(world: World, tmp_path: Path) -> None:
    done = world.lorechat("status", "harbour", "--picture", str(tmp_path / "harbour.svg"))
    assert done.exit_code == 0, done.stderr
    svg = (tmp_path / "harbour.svg").read_text()
    assert 'aria-label="Pages of harbour: ' in svg
    assert world.lorechat("status", "--picture", str(tmp_path)).exit_code == 1


def test_an_answer_in_the_terminal_can_be_traced(world: World, tmp_path: Path) -> None:
    said = world.lorechat("ask", "What is the winch called?")
    assert said.exit_code == 0, said.stderr
    last = said.stdout.rstrip().splitlines()[-1]
    assert last.startswith("answer ")
    command = last.partition("(lorechat ")[2].rstrip(")").split()
    traced = world.lorechat(*command)
    assert traced.exit_code == 0, traced.stderr
    assert traced.stdout.count("OK ") >= 5
    assert "BROKEN" not in traced.stdout
    assert "OK        cleaning the raw bytes again gives this markdown" in traced.stdout
    assert world.lorechat("trace").stdout == traced.stdout  # the newest answer needs no name
    saved = world.lorechat(*command, "--citation", "1", "--save-html", str(tmp_path / "page.html"), "--json")
    row = json.loads(saved.stdout)
    path = row["citation"]["url"].removeprefix(world.site.url)
    assert (tmp_path / "page.html").read_text() == world.site.pages[path]
    assert row["whole"] is True
