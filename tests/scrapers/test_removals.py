"""Pages leave the answers on evidence, and many at once only when a person says so."""

from __future__ import annotations

from typing import Any

import pytest

from scrapers.error import CrawlFailed, RemovalsHeld

pytestmark = pytest.mark.slow

PATHS = tuple(f"/page-{number}" for number in range(12))


def _site(make: Any, **settings: object) -> Any:
    told = make({}, **settings)
    told.site.pages |= {path: told.site.topic_page(path) for path in PATHS}
    told.site.pages["/"] = told.site.page("Home", ("All", "All pages. " * 9), links=PATHS)
    return told


@pytest.fixture(scope="module")
def vanishing(recrawl: Any) -> Any:
    """A site that loses eight of its thirteen pages: crawled before, after, and after with consent."""
    told = _site(recrawl)
    told.crawl()
    told.before = told.pages()
    told.lost = PATHS[:8]
    for path in told.lost:
        told.site.behaviour[path] = told.site.how(status=410)
    told.site.pages["/page-9"] = told.site.topic_page("changed meanwhile")
    told.error, told.held = told.fail()
    told.while_held, told.held_row = told.pages(), told.closing_row()
    told.accepted = told.crawl(accept_removals=True, run_id="run-1")
    return told


def test_a_crawl_that_would_take_too_much_away_takes_nothing(vanishing: Any) -> None:
    assert isinstance(vanishing.error, RemovalsHeld)
    assert vanishing.while_held == vanishing.before
    assert vanishing.held_row["removals"] == "held"
    assert vanishing.held_row["outcome"] == str(vanishing.error)


def test_the_message_says_how_many_which_and_what_to_do(vanishing: Any) -> None:
    message = str(vanishing.error)
    assert "8 of 13 pages of 'test-site' would vanish (62%; the limit is 30%)" in message
    assert message.count(": status 410") == 5
    assert "and 3 more" in message
    assert "lorechat crawl test-site --accept-removals" in message


def test_what_a_held_crawl_fetched_counts(vanishing: Any) -> None:
    assert vanishing.held.verdict("/page-9") == "fetched"
    assert '"gone": 8' in vanishing.held_row["changes"]


def test_with_consent_the_pages_go(vanishing: Any) -> None:
    assert vanishing.pages() == vanishing.before - set(vanishing.lost)
    row = vanishing.closing_row()
    assert (row["removals"], row["run_id"]) == ("applied", "run-1")
    assert vanishing.accepted.report.changes.gone == 8


def test_a_site_that_moved_as_a_whole_loses_nothing(recrawl: Any) -> None:
    told = _site(recrawl)
    told.crawl()
    for path in PATHS:
        told.site.move(path, f"/new{path}")
    changes = told.crawl().report.changes
    assert (changes.gone, changes.new) == (12, 12)
    assert told.pages() == {"/", *(f"/new{path}" for path in PATHS)}


def test_a_few_pages_may_always_go_and_a_narrowed_scope_is_evidence(recrawl: Any) -> None:
    told = _site(recrawl)
    told.crawl()
    told.change_settings(scope={"exclude": ["page-[0-4]$"]})
    outcome = told.crawl()
    assert outcome.verdict("/page-0") == "out_of_scope"
    assert told.pages() == {"/", *PATHS[5:]}
    told.change_settings(scope={})
    assert told.crawl().report.changes.restored == 5


@pytest.fixture(scope="module")
def unwell(recrawl: Any) -> Any:
    """A site that was crawled once; each test lets it ail in another way, and makes it well again."""
    told = _site(recrawl, removal={"always_allowed": 100})
    told.crawl()
    told.everything = told.pages()
    return told


def test_robots_txt_that_cannot_be_read_is_no_evidence(unwell: Any) -> None:
    unwell.site.behaviour["/robots.txt"] = unwell.site.how(status=503)
    error, outcome = unwell.fail()
    del unwell.site.behaviour["/robots.txt"]
    assert isinstance(error, CrawlFailed)
    assert outcome.paths("error") == unwell.everything
    assert unwell.pages() == unwell.everything


def test_a_site_that_denies_all_its_pages_keeps_them(unwell: Any) -> None:
    unwell.site.weather = lambda path: unwell.site.how(status=404)
    error, _ = unwell.fail()
    unwell.site.weather = lambda path: None
    assert isinstance(error, RemovalsHeld)
    assert "no page at all was found" in str(error)
    assert unwell.pages() == unwell.everything


def test_a_site_that_cannot_be_reached_keeps_its_pages(unwell: Any) -> None:
    unwell.site.weather = lambda path: unwell.site.how(closes=True)
    error, outcome = unwell.fail()
    unwell.site.weather = lambda path: None
    assert isinstance(error, CrawlFailed)
    assert outcome.paths("gone") == set()
    assert unwell.closing_row()["removals"] == "applied"
    assert unwell.pages() == unwell.everything


def test_robots_txt_that_forbids_a_page_is_evidence(unwell: Any) -> None:
    unwell.site.pages["/robots.txt"] = "User-agent: *\nDisallow: /page-1\n"  # and page-10, page-11
    unwell.crawl()
    assert unwell.pages() == unwell.everything - {"/page-1", "/page-10", "/page-11"}
