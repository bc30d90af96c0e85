"""One true sentence for every way in which a page answers or does not."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from data_contracts.crawl_ledger import REMOVALS_APPLIED, REMOVALS_HELD
from data_contracts.identity import text_hash
from data_contracts.release_event import Actor, ReleaseEventKind
from data_contracts.verdict import Verdict
from lake.page_history import (
    ChunkFacts,
    CrawlFacts,
    DocumentFacts,
    PageHistory,
    Rejected,
    Sighting,
    VersionFacts,
)
from lake.release_history import Event
from retrieval.account import tell
from retrieval.conclusion import conclude, nth
from retrieval.presence import Presence
from retrieval.verdict_text import VERDICT_TEXTS

URL = "https://docs.test/page"
NOW = datetime(2026, 5, 1, tzinfo=UTC)
RELEASE = text_hash("release")


def _crawl(number: int, removals: str | None = REMOVALS_APPLIED) -> CrawlFacts:
    at = NOW + timedelta(days=number)
    return CrawlFacts(f"crawl-{number}", at, at, "finished", removals, None, None)


def _seen(verdict: Verdict, number: int = 1, *, crawl: CrawlFacts | None, target: str | None = None) -> Sighting:
    version = text_hash("version") if verdict.is_present else None
    at = NOW + timedelta(days=number)
    return Sighting(f"crawl-{number}", at, verdict, "because", 200, version, target, None, 0, 10, 1, crawl)


VERSION = VersionFacts(
    text_hash("version"), "crawl-1", NOW, NOW, URL, 200, "text/html", "utf-8", None, None, text_hash("body"), 10
)
DOCUMENT = DocumentFacts(text_hash("version"), "1", "Page", "en", (), text_hash("markdown"), 100, NOW)
CHUNK = ChunkFacts(text_hash("chunk"), text_hash("markdown"), "1", 0, 0, 10, ("Page",), None, 5, "text", 0)
REJECTED = Rejected("markdown", "no_content", "nothing to read", NOW)
PAGE = PageHistory(
    source="docs",
    url=URL,
    discovered=(URL,),
    aliases=(),
    sightings=(_seen(Verdict.FETCHED, crawl=_crawl(1)),),
    versions=(VERSION,),
    documents=(DOCUMENT,),
    chunks=(CHUNK,),
    rejected=(),
)
UNSEEN = PageHistory("docs", URL, (), (), (), (), (), (), ())


def _in(*, live: bool, held: bool = False, event: ReleaseEventKind | None = None, chunks: int = 1) -> Presence:
    news = (Event(RELEASE, NOW, event, Actor.RUN, "recall fell"),) if event else ()
    ids = frozenset([CHUNK.chunk_id][:chunks])
    return Presence(RELEASE, "model", NOW, live, ids, held, news)


def _without(*verdicts: Sighting) -> PageHistory:
    return replace(PAGE, sightings=verdicts)


@pytest.mark.parametrize(
    ("history", "presences", "sentence"),
    [
        (PAGE, [_in(live=True)], f"It answers: 1 chunk in the live release {RELEASE[:12]}."),
        (UNSEEN, [], "It is not in the answers because no crawl of docs ever saw this URL."),
        (PAGE, [], "It is not in the answers because there is no live release yet."),
        (
            PAGE,
            [_in(live=True, chunks=0)],
            "It is not in the answers because its chunks are in no published release yet.",
        ),
        (
            PAGE,
            [_in(live=False, event=ReleaseEventKind.REFUSED)],
            f"It is not in the answers because release {RELEASE[:12]}, which holds it, was refused: recall fell.",
        ),
        (
            PAGE,
            [_in(live=False, held=True, event=ReleaseEventKind.ROLLED_BACK)],
            f"It is not in the answers because a person put another release in place of {RELEASE[:12]}, which holds it "
            "(recall fell).",
        ),
        (
            replace(PAGE, documents=(), chunks=()),
            [],
            "It is not in the answers because its newest version was not cleaned yet.",
        ),
        (
            replace(PAGE, documents=(), chunks=(), rejected=(REJECTED,)),
            [],
            "It is not in the answers because it is in quarantine (no_content): nothing to read.",
        ),
        (
            replace(PAGE, documents=(replace(DOCUMENT, page_version_id=text_hash("before")),), rejected=(REJECTED,)),
            [_in(live=True)],
            f"It answers: 1 chunk in the live release {RELEASE[:12]}, from an earlier version, since its newest one is "
            "in quarantine (no_content): nothing to read.",
        ),
        (
            replace(PAGE, rejected=(replace(REJECTED, page_version_id=text_hash("before")),)),
            [_in(live=True)],
            f"It answers: 1 chunk in the live release {RELEASE[:12]}.",
        ),
        (
            replace(PAGE, documents=(replace(DOCUMENT, characters=0),), chunks=()),
            [],
            "It is not in the answers because no text was found on it.",
        ),
        (
            _without(_seen(Verdict.GONE, crawl=_crawl(1))),
            [_in(live=True)],
            f"It answers: 1 chunk in the live release {RELEASE[:12]}, until the next one is published: the site says "
            "that it does not exist any more.",
        ),
        (
            replace(PAGE, documents=(replace(DOCUMENT, markdown_hash=text_hash("newer")),)),
            [_in(live=True)],
            f"It answers: 1 chunk in the live release {RELEASE[:12]}, made from an older version of the page.",
        ),
        (
            replace(UNSEEN, erased_at=NOW),
            [],
            "It is not in the answers because it was erased on request on 2026-05-01.",
        ),
    ],
)
def test_the_sentence_is_true_and_the_next_step_is_named(
    history: PageHistory, presences: list[Presence], sentence: str
) -> None:
    conclusion = conclude(history, presences, None)
    assert conclusion.sentence == sentence
    assert conclusion.answers == sentence.startswith("It answers")
    assert conclusion.advice
    assert "{" not in conclusion.advice


@pytest.mark.parametrize("verdict", [one for one in Verdict if not one.is_present])
def test_every_verdict_against_a_page_has_its_reason(verdict: Verdict) -> None:
    conclusion = conclude(_without(_seen(verdict, crawl=_crawl(1))), [], None)
    assert conclusion.sentence.startswith(f"It is not in the answers because {VERDICT_TEXTS[verdict].because}")
    assert "{" not in conclusion.advice


def test_evidence_that_is_held_or_not_closed_takes_nothing_away() -> None:
    was = _seen(Verdict.FETCHED, 1, crawl=_crawl(1))
    held = _without(was, _seen(Verdict.GONE, 2, crawl=_crawl(2, REMOVALS_HELD)))
    waiting = _without(was, _seen(Verdict.GONE, 2, crawl=None))
    unknown = _without(was, _seen(Verdict.ERROR, 2, crawl=_crawl(2)))
    for history, said in ((held, "held, so it keeps answering"), (waiting, "has not ended"), (unknown, "error")):
        account = tell([history], [_in(live=True)])
        assert account.conclusion.sentence == f"It answers: 1 chunk in the live release {RELEASE[:12]}."
        assert any(said in moment.text for moment in account.moments)
    applied = _without(was, _seen(Verdict.GONE, 2, crawl=_crawl(2)))
    assert not conclude(applied, [], None).answers


def test_equal_decisions_in_a_row_are_told_once() -> None:
    history = _without(*(_seen(Verdict.UNCHANGED, number, crawl=_crawl(number)) for number in range(1, 9)))
    crawled = [moment.text for moment in tell([history], []).moments if moment.topic == "crawl"]
    assert len(crawled) == 1
    assert "and in 7 more, the last on 2026-05-09" in crawled[0]


@pytest.mark.parametrize(
    ("rank", "said"),
    [(1, "1st"), (2, "2nd"), (3, "3rd"), (11, "11th"), (113, "113th"), (321, "321st"), (1004, "1,004th")],
)
def test_ranks_are_said_as_people_say_them(rank: int, said: str) -> None:
    assert nth(rank) == said
