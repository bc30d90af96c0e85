"""Why pages of a real site answer or not, and old answers traced, after the site has changed between two crawls."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest
from typer.testing import CliRunner, Result

from assets.stages.cleaning_check import check_cleaning
from chat_app.answer import answer_once
from chat_app.settings import ChatSettings
from chat_app.turn_log import keep_turn
from data_contracts.chunk import CHUNKS
from data_contracts.crawl_ledger import CRAWL_LEDGER
from data_contracts.document import DOCUMENTS
from data_contracts.page_version import PAGE_VERSIONS
from data_contracts.source import Source
from data_contracts.verdict import Verdict
from lake import Lake, current_pages
from lake.erased import keep_out
from lake.flow_count import flow_counts
from lake.lineage import page_history
from lake.trace import find_turns, trace_citation
from orchestration.cli import app
from orchestration.commands.build import _run_stages
from orchestration.settings import PipelineSettings
from retrieval.account import Account
from retrieval.inquiry import Inquiry
from retrieval.presence import live_urls
from scrapers.crawl import crawl_source
from scrapers.source_file import write_source
from tests.conftest import ChangingSite, page, topic_page

pytestmark = pytest.mark.slow

QUESTION = "Which crane lifts the boats?"
CRANE = "The crane that lifts the boats is called Bertha and carries nine tonnes. "
WINCH = "A winch called Otto replaced the crane, and it carries twelve tonnes. "


@dataclass
class World:
    """A site after two crawls and builds, the answer that was given in between, and a page's first bytes."""

    site: ChangingSite
    source: Source
    settings: PipelineSettings
    lake: Lake
    first_html: str

    def url(self, path: str) -> str:
        return f"{self.site.url}{path}"

    def account(self, path: str, question: str | None = None) -> Account:
        inquiry = Inquiry(self.lake, self.settings.store(), lambda _: self.settings.embedder())
        (found,) = inquiry.accounts({"harbour": self.url(path)}, question=question)
        return found

    def crawl_and_build(self) -> None:
        crawl_source(self.source, self.lake, on_progress=_quiet, environment=self.settings.environment())
        list(_run_stages(self.source, self.lake, self.settings.embedder(), self.settings, _quiet))

    def lorechat(self, *arguments: str) -> Result:
        """Run the command, in this process: starting Python for each would take longer than all the rest."""
        variables = {
            "LORECHAT_HOME": str(self.settings.home),
            "LORECHAT_SOURCES": str(self.settings.sources),
            "LORECHAT_MODELS": str(self.settings.models_folder),
        }
        return CliRunner().invoke(app, arguments, env=variables)


def _quiet(_progress: object) -> None: ...


def _pages() -> dict[str, str]:
    links = ("/guide.html", "/copy.html", "/secret.html", "/old.html", "/place.html", "/hidden.html", "/nested.html")
    guide = page("Guide to the harbour", ("Cranes", CRANE * 5), links=("/chapter.html", "/"))
    return {
        "/robots.txt": "User-agent: *\nDisallow: /secret.html\n",
        "/": page("Harbour", ("Welcome", "A harbour of many pages. " * 6), links=(*links, "/broken.html", "https://x.test/")),
        "/guide.html": guide,
        "/copy.html": guide,
        "/chapter.html": topic_page("sailing"),
        "/secret.html": topic_page("glaciers"),
        "/old.html": topic_page("bread"),
        "/place.html": topic_page("lighthouses"),
        "/hidden.html": topic_page("typography").replace("<head>", '<head><meta name="robots" content="noindex">'),
        "/nested.html": f"<html><body><main>{'<div>' * 3100}too deep to be read{'</div>' * 3100}</main></body></html>",
    }  # fmt: skip


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory, prepared_models: Path) -> Iterator[World]:
    site = ChangingSite(_pages())
    site.behaviour["/broken.html"] = site.how(status=500)
    folder = tmp_path_factory.mktemp("harbour")
    settings = PipelineSettings(home=folder / "home", sources=folder / "sources", models=prepared_models)
    source = site.source("harbour", removal={"max_share": 0.9})
    write_source(settings.sources, source)
    world = World(site, source, settings, settings.lake(), site.pages["/guide.html"])
    world.crawl_and_build()
    _ask(world, "old-answer")
    changed = page("Guide to the harbour", ("Winches", WINCH * 5), links=("/chapter.html", "/"))
    site.pages |= {"/guide.html": changed, "/copy.html": changed}
    site.pages["/chapter.html"] = page("Sailing", ("Wind", "S\ufffd\ufffdling w\ufffdth the w\ufffdnd. " * 20))
    del site.pages["/old.html"]
    site.move("/place.html", "/new-place.html")
    world.crawl_and_build()
    yield world
    site.close()


def _ask(world: World, turn_id: str) -> None:
    settings = ChatSettings(home=world.settings.home, models=world.settings.models, openai_base_url="")
    answer = answer_once(QUESTION, settings=settings)
    keep_turn(world.lake, answer, turn_id=turn_id, thread_id="test", asked_at=datetime.now(UTC))


def test_a_changed_page_tells_its_versions_and_releases(world: World) -> None:
    account = world.account("/guide.html")
    assert [version.body_bytes for version in account.page.versions] == [
        len(world.first_html.encode()),
        len(world.site.pages["/guide.html"].encode()),
    ]
    assert account.page.discovered == (world.url("/guide.html"), world.url("/"))
    assert [presence.is_live for presence in account.presences] == [False, True]
    first, second = (presence.chunk_ids for presence in account.presences)
    assert first
    assert second
    assert not first & second
    assert account.conclusion.answers
    assert account.conclusion.sentence.startswith(f"It answers: {len(second)} chunk")
    assert [moment.topic for moment in account.moments] == [
        "found", "found", *("crawl", "version", "document", "release", "release") * 2,
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("path", "because"),
    [
        ("/secret.html", "robots.txt forbids it"),
        ("/old.html", "the site says that it does not exist any more (status 404, asked twice)"),
        ("/hidden.html", "the page asks not to be indexed"),
        ("/nested.html", "it is in quarantine (too_deep)"),
        ("/broken.html", "it could not be fetched (the server reports an error"),
    ],
)
def test_a_page_that_does_not_answer_says_why_and_what_to_do(world: World, path: str, because: str) -> None:
    account = world.account(path)
    assert not account.conclusion.answers
    assert account.conclusion.sentence.startswith(f"It is not in the answers because {because}")
    assert account.conclusion.advice


def test_a_page_whose_newest_version_is_put_aside_answers_from_the_one_before(world: World) -> None:
    account = world.account("/chapter.html")
    assert len(account.page.versions) == 2
    assert account.conclusion.answers
    said = account.conclusion.sentence
    assert "from an earlier version, since its newest one is in quarantine (damaged_page)" in said


def test_a_removed_page_was_in_the_release_before(world: World) -> None:
    account = world.account("/old.html")
    before, now = account.presences
    assert before.chunk_ids
    assert now.chunk_ids == frozenset()
    assert [seen.verdict for seen in account.page.sightings] == [Verdict.FETCHED, Verdict.GONE]


@pytest.mark.parametrize(("path", "target"), [("/place.html", "/new-place.html"), ("/copy.html", "/guide.html")])
def test_a_moved_page_and_a_copy_lead_to_the_page_that_answers(world: World, path: str, target: str) -> None:
    account = world.account(path)
    assert [history.url for history in account.histories] == [world.url(path), world.url(target)]
    assert account.conclusion.sentence.startswith(f"It leads to {world.url(target)}. It answers: ")


def test_what_an_account_believes_is_what_the_pipeline_believes(world: World) -> None:
    current = dict(current_pages(world.lake, "harbour").select("url", "page_version_id").collect().iter_rows())
    urls = world.lake.scan(CRAWL_LEDGER, source="harbour").select("url").unique().collect()["url"]
    assert len(urls) > 10
    for url in urls:
        history = page_history(world.lake, url, "harbour")
        assert (history.current.page_version_id if history.current else None) == current.get(url), url


def test_a_question_tells_the_rank_and_what_comes_before(world: World) -> None:
    best = world.account("/guide.html", "What does the winch called Otto carry?").standing
    assert best is not None
    assert (best.answer_rank, best.dense.rank, best.lexical.rank, best.fused.rank) == (1, 1, 1, 1)
    other = world.account("/chapter.html", "What does the winch called Otto carry?")
    assert other.standing is not None
    assert other.standing.lexical.rank is None or other.standing.lexical.rank > 1
    assert other.standing.fused.ahead[0].passage.url == world.url("/guide.html")
    assert "for the question" in other.conclusion.sentence


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


def test_pages_are_counted_by_state(world: World) -> None:
    counts = flow_counts(world.lake, "harbour", live_urls(world.settings.store(), "harbour"))
    known = world.lake.scan(CRAWL_LEDGER, source="harbour").select("url").unique().collect().height
    assert counts.seen + counts.outside == known
    assert counts.pages == counts.cleaned + counts.quarantined + counts.uncleaned
    assert counts.cleaned == counts.cut + counts.uncut
    assert counts.cut == counts.live + counts.unpublished
    assert (counts.refused, counts.gone, counts.unreachable, counts.quarantined) == (2, 1, 1, 1)
    assert (counts.aliases, counts.outside, counts.stale, counts.uncleaned) == (2, 1, 0, 0)


def test_the_terminal_tells_it_in_any_spelling(world: World) -> None:
    done = world.lorechat("why", f"{world.url('/secret.html').upper()[:5]}{world.url('/secret.html')[5:]}#top")
    assert done.exit_code == 0, done.stderr
    assert "It is not in the answers because robots.txt forbids it" in done.stdout
    assert "politeness.obey_robots" in done.stdout
    told = world.lorechat("why", world.url("/guide.html"), "--question", "winch", "--json")
    row = json.loads(told.stdout)
    assert row["answers"] is True
    assert row["standing"]["answer_rank"] == 1
    assert {version["page_version_id"] for version in row["history"]["versions"]} == {
        document["page_version_id"] for document in row["history"]["documents"]
    }


def test_the_terminal_names_pages_like_one_that_was_never_seen(world: World) -> None:
    done = world.lorechat("why", world.url("/giude.html"))
    assert done.exit_code == 0, done.stderr
    assert "no crawl of harbour ever saw this URL" in done.stdout
    assert "The source's scope would allow it" in done.stdout
    assert f"like it: {world.url('/guide.html')}" in done.stdout
    assert "out of scope: host" in world.lorechat("why", "https://elsewhere.test/guide.html").stdout


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


@pytest.mark.parametrize(
    ("arguments", "cause"),
    [
        (("trace", "nonsense"), "no answer whose id begins with 'nonsense'"),
        (("trace", "old-answer", "--citation", "99"), "has no citation 99"),
        (("why", "/", "--source", "nowhere"), "no source is called nowhere"),
    ],
)
def test_a_wrong_name_is_one_message(world: World, arguments: tuple[str, ...], cause: str) -> None:
    done = world.lorechat(*arguments)
    assert done.exit_code == 1
    assert cause in done.stderr
    assert "Traceback" not in done.stderr
