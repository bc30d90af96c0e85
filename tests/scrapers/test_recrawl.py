"""A site that was crawled before: what changed is found, what did not change costs next to nothing."""

from __future__ import annotations

from typing import Any

import pytest

from data_contracts.crawl_changes import CrawlChanges
from data_contracts.page_version import PAGE_VERSIONS

pytestmark = pytest.mark.slow

FIRST = (
    *("/same", "/edited", "/dated", "/removed", "/withdrawn", "/moved", "/lent", "/broken", "/shut", "/silent"),
    *("/left", "/slip", "/lost-on-the-way"),
)


def _page(make: Any, *links: str, about: str, footer: str = "Made today") -> str:
    return str(make.page(about, (about, f"All there is to say about {about}. " * 5), links=links, footer=footer))


@pytest.fixture(scope="module")
def story(recrawl: Any) -> Any:
    """Four crawls: of a new site; after all that can happen to pages; after repairs; and with nothing new at all."""
    told = recrawl({"/": ""})
    site = told.site
    site.pages |= {"/": _page(site, *FIRST, about="home"), **{path: _page(site, about=path) for path in FIRST}}
    site.pages |= {"/left": _page(site, "/below-left", about="left"), "/below-left": _page(site, about="below")}
    told.first = told.crawl()
    _change(site)
    told.second, told.second_asked = told.crawl(), dict(site.asked)
    told.after_second = told.pages()
    _repair(site)
    told.third = told.crawl()
    told.fourth = told.crawl()
    return told


def _change(site: Any) -> None:
    site.pages["/"] = _page(site, *(path for path in FIRST if path != "/left"), about="home")
    site.pages["/edited"] = _page(site, "/added", about="edited, differently")
    site.pages["/added"] = _page(site, about="added")
    site.pages["/dated"] = _page(site, about="/dated", footer="Made tomorrow")
    del site.pages["/removed"]
    site.behaviour["/withdrawn"] = site.how(status=410)
    site.move("/moved", "/new-place")
    site.move("/lent", "/borrower", status=302)
    site.behaviour["/broken"] = site.how(status=500)
    site.behaviour["/shut"] = site.how(status=403)
    site.behaviour["/silent"] = site.how(closes=True)
    site.behaviour["/slip"] = site.how(status=404, times=1)
    site.behaviour["/lost-on-the-way"] = site.how(status=301, headers={"Location": "/nowhere-now"})
    site.behaviour["/nowhere-now"] = site.how(status=503)


def _repair(site: Any) -> None:
    site.pages["/removed"] = _page(site, about="/removed")
    for path in ("/broken", "/shut", "/silent", "/lost-on-the-way"):
        del site.behaviour[path]


def test_a_first_crawl_calls_every_page_new(story: Any) -> None:
    assert story.first.report.changes == CrawlChanges(fetched=15, new=15)


@pytest.mark.parametrize(
    ("path", "verdict", "reason"),
    [
        ("/same", "unchanged", "the server says that nothing has changed"),
        ("/edited", "fetched", "fetched"),
        ("/dated", "fetched", "fetched"),
        ("/added", "fetched", "fetched"),
        ("/removed", "gone", "status 404, asked twice"),
        ("/withdrawn", "gone", "status 410"),
        ("/moved", "redirected", "status 301 leads to"),
        ("/new-place", "fetched", "fetched"),
        ("/lent", "moved_for_now", "status 302 leads to"),
        ("/borrower", "fetched", "fetched"),
        ("/broken", "error", "status 500"),
        ("/shut", "error", "status 403"),
        ("/silent", "error", "connection broke"),
        ("/slip", "unchanged", "nothing has changed"),
        ("/left", "unchanged", "nothing has changed"),
        ("/below-left", "unchanged", "nothing has changed"),
        ("/lost-on-the-way", "moved_for_now", "where nothing could be seen"),
    ],
)
def test_a_second_crawl_says_what_became_of_each_page(story: Any, path: str, verdict: str, reason: str) -> None:
    assert story.second.verdict(path) == verdict
    assert reason in story.second.reason(path)


def test_only_evidence_removes_a_page(story: Any) -> None:
    kept = (set(FIRST) | {"/", "/below-left"}) - {"/removed", "/withdrawn", "/moved"}
    assert story.after_second == kept | {"/added", "/new-place", "/borrower"}


def test_a_crawl_counts_what_it_changed(story: Any) -> None:
    changes = story.second.report.changes
    assert (changes.unchanged, changes.changed, changes.new, changes.restored) == (4, 3, 3, 0)
    assert (changes.gone, changes.unknown) == (3, 5)
    assert changes.fetched == 6
    assert changes.bytes_saved == sum(
        len(story.site.pages[path]) for path in ("/same", "/slip", "/left", "/below-left")
    )


def test_a_page_that_nothing_leads_to_is_asked_for_where_it_was_found(story: Any) -> None:
    row = story.second.rows["/left"]
    assert (row["depth"], row["discovered_from"]) == (1, f"{story.site.url}/")
    assert story.second.rows["/below-left"]["discovered_from"] == f"{story.site.url}/left"


def test_a_page_that_seems_gone_is_looked_for_twice_and_others_once(story: Any) -> None:
    twice = {path for path, times in story.second_asked.items() if times == 2}
    assert twice == {"/removed", "/slip"}
    assert max(story.second_asked.values()) == 2


def test_a_page_that_answers_again_is_back(story: Any) -> None:
    assert story.third.report.changes.restored == 1
    assert story.third.paths("error") == set()
    assert story.third.report.changes.unknown == 1  # what is still lent
    assert {"/removed", "/broken", "/shut", "/silent", "/lost-on-the-way"} <= story.pages()


def test_a_restored_page_needs_no_second_version(story: Any) -> None:
    urls = story.lake.scan(PAGE_VERSIONS).collect()["url"].to_list()
    assert urls.count(f"{story.site.url}/removed") == 1
    assert urls.count(f"{story.site.url}/edited") == 2


def test_a_crawl_of_an_unchanged_site_downloads_no_page(story: Any) -> None:
    changes = story.fourth.report.changes
    assert (changes.fetched, changes.changed, changes.new, changes.gone, changes.restored) == (0, 0, 0, 0, 0)
    assert changes.bytes_saved > 15 * 100
    assert story.fourth.report.pages_added == 0


def test_the_crawls_table_says_what_changed_and_who_asked(story: Any) -> None:
    row = story.closing_row()
    assert CrawlChanges.from_json(row["changes"]) == story.fourth.report.changes
    assert row["removals"] == "applied"
    assert "crawler" in row["code_version"]
    assert row["run_id"] is None
