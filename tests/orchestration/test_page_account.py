"""Why pages of a real site answer or not, after the site has changed between two crawls."""

from __future__ import annotations

import json

import pytest

from data_contracts.crawl_ledger import CRAWL_LEDGER
from data_contracts.verdict import Verdict
from lake import current_pages
from lake.flow_count import flow_counts
from lake.lineage import page_history
from retrieval.presence import live_urls
from tests.orchestration.harbour import World

pytestmark = pytest.mark.slow


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
