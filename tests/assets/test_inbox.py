"""Files dropped into the inbox of a folder and of a real S3, and what becomes of their pages."""

from __future__ import annotations

import gzip
import json

import pytest

from assets.error import InboxHeld
from assets.stages.inbox_ingest import InboxIngest
from assets.stages.inbox_listing import dropped_files
from data_contracts.crawl_changes import CrawlChanges
from data_contracts.crawl_ledger import CRAWL_LEDGER, CRAWLS
from data_contracts.page_version import PAGE_VERSIONS
from data_contracts.quarantine import QUARANTINE
from data_contracts.source import Source
from lake.erased import keep_out
from tests.assets.inbox_place import HOST, Inbox, html, lines, rewrite


def test_html_files_and_lists_of_pages_become_pages(inbox: Inbox) -> None:
    inbox.drop("moor.html", html("Mooring"))
    inbox.drop("docs.example.test/install.htm", html("Installing"))
    inbox.drop(
        "crawl/pages.jsonl", lines({"url": f"{HOST}/a", "content": html("A")}, {"url": f"{HOST}/b", "html": "<p>ü"})
    )
    inbox.drop("more.ndjson.gz", gzip.compress(lines({"url": f"{HOST}/c?utm_source=x", "content": html("C")})))
    report = inbox.read()
    assert (report.files, report.pages, report.rejected) == (4, 5, 0)
    assert report.changes == CrawlChanges(fetched=5, new=5)
    pages = inbox.pages()
    assert set(pages) == {"/guide/moor.html", "/install.htm", "/a", "/b", "/c"}
    assert pages["/b"] == "<p>ü"


def test_a_second_reading_changes_nothing(inbox: Inbox) -> None:
    inbox.drop("a.html", html("A"))
    inbox.drop("pages.jsonl", lines({"url": f"{HOST}/b", "content": html("B")}) + b"broken\n")
    inbox.read()
    versions = {table.name: inbox.lake.version(table) for table in (PAGE_VERSIONS, CRAWL_LEDGER, CRAWLS, QUARANTINE)}
    assert inbox.read().files == 0
    assert versions == {
        table.name: inbox.lake.version(table) for table in (PAGE_VERSIONS, CRAWL_LEDGER, CRAWLS, QUARANTINE)
    }


def test_a_rewritten_file_brings_a_new_version_and_its_old_content_none(inbox: Inbox) -> None:
    inbox.drop("a.html", html("first"))
    inbox.read()
    rewrite(inbox, "a.html", html("second"))
    assert inbox.read().changes == CrawlChanges(fetched=1, changed=1)
    assert "second" in inbox.pages()["/guide/a.html"]
    rewrite(inbox, "a.html", html("second"))
    assert inbox.read().changes == CrawlChanges(fetched=1, unchanged=1)
    rewrite(inbox, "a.html", html("first"))
    assert inbox.read().changes == CrawlChanges(fetched=1, changed=1)
    assert "first" in inbox.pages()["/guide/a.html"]
    assert inbox.lake.scan(PAGE_VERSIONS).collect().height == 2


def test_a_line_can_say_that_a_page_is_gone_and_a_later_one_that_it_is_back(inbox: Inbox) -> None:
    inbox.drop("1.jsonl", lines({"url": f"{HOST}/a", "content": html("A")}, {"url": f"{HOST}/b", "content": html("B")}))
    inbox.read()
    rewrite(inbox, "2.jsonl", lines({"url": f"{HOST}/a", "status": 404}, {"url": f"{HOST}/b", "status": 503}))
    assert inbox.read().changes == CrawlChanges(gone=1, unknown=1)
    assert set(inbox.pages()) == {"/b"}
    rewrite(inbox, "3.jsonl", lines({"url": f"{HOST}/a", "content": html("A")}))
    assert inbox.read().changes == CrawlChanges(fetched=1, restored=1)
    assert set(inbox.pages()) == {"/a", "/b"}


def test_files_that_are_still_written_are_waited_for(inbox: Inbox) -> None:
    inbox.drop("young.html", html("young"))
    inbox.drop("big.jsonl.part", lines({"url": f"{HOST}/b", "content": html("B")}))
    inbox.drop("page.html.crdownload", html("down"))
    inbox.drop(".hidden/a.html", html("hidden"))
    assert inbox.read(settle_seconds=60).unsettled == 1
    assert inbox.pages() == {}
    assert inbox.read().files == 1
    assert set(inbox.pages()) == {"/guide/young.html"}
    assert inbox.quarantined() == []


def test_pages_outside_the_source_and_unwanted_ones_get_their_verdict(folder_inbox: Inbox) -> None:
    inbox = folder_inbox
    inbox.source = Source(name="docs", start_urls=(f"{HOST}/",), languages=("en",))
    keep_out(inbox.lake, "docs", [f"{HOST}/erased"])
    robots = {"X-Robots-Tag": "noindex"}
    inbox.drop(
        "pages.jsonl",
        lines(
            {"url": f"{HOST}/a", "content": html("A")},
            {"url": "https://elsewhere.test/", "content": html("elsewhere")},
            {"url": f"{HOST}/secret", "content": html("secret"), "headers": robots},
            {"url": f"{HOST}/de", "content": html("deutsch").replace("lang=en", "lang=de")},
            {"url": f"{HOST}/erased", "content": html("erased")},
            {"url": f"{HOST}/old", "status": 301, "headers": {"Location": "/a"}},
            {"url": f"{HOST}/a?sort=1", "content": html("A", f'<link rel=canonical href="{HOST}/a">')},
            {"url": f"{HOST}/lost", "content": html("lost", f'<link rel=canonical href="{HOST}/nowhere">')},
        ),
    )
    inbox.read()
    assert inbox.verdicts() == {
        "/a": "fetched",
        "https://elsewhere.test/": "out_of_scope",
        "/secret": "noindex",
        "/de": "language",
        "/old": "redirected",
        "/a?sort=1": "duplicate_of",
        "/lost": "fetched",
    }
    assert set(inbox.pages()) == {"/a", "/lost"}
    assert json.loads(inbox.lake.scan(CRAWLS).collect()["counts"][0])["erased"] == 1  # but its address is not written


def test_the_newest_word_counts_whatever_the_order_of_lines_and_files(folder_inbox: Inbox) -> None:
    inbox = folder_inbox
    new, old = (
        {"url": f"{HOST}/a", "content": html(text), "fetched_at": f"2026-0{month}-01T00:00:00Z"}
        for text, month in (("new", 3), ("old", 1))
    )
    inbox.drop(
        "1.jsonl",
        lines(new, old, {"url": f"{HOST}/b", "content": html("1st")}, {"url": f"{HOST}/b", "content": html("2nd")}),
    )
    inbox.read()
    assert "new" in inbox.pages()["/a"]
    assert "2nd" in inbox.pages()["/b"]
    inbox.drop("2.jsonl", lines(old, {"url": f"{HOST}/a", "status": 404, "fetched_at": "2026-02-01T00:00:00Z"}))
    assert inbox.read().changes.gone == 0
    assert "new" in inbox.pages()["/a"]


def test_files_that_speak_against_most_pages_are_held_until_a_person_accepts(folder_inbox: Inbox) -> None:
    inbox = folder_inbox
    inbox.drop("1.jsonl", lines(*({"url": f"{HOST}/{number}", "content": html(f"{number}")} for number in range(10))))
    inbox.read()
    gone = [{"url": f"{HOST}/{number}", "status": 404} for number in range(8)]
    inbox.drop("2.jsonl", lines(*gone, {"url": f"{HOST}/new", "content": html("new")}))
    for _ in range(2):
        with pytest.raises(InboxHeld, match=r"(?s)8 of 10 pages of 'docs' would vanish.*accept_removals"):
            inbox.read()
        assert len(inbox.pages()) == 11
    assert inbox.read(accept_removals=True).changes.gone == 8
    assert set(inbox.pages()) == {"/8", "/9", "/new"}
    assert inbox.read().files == 0


def test_a_source_without_a_site_takes_pages_of_any_host(folder_inbox: Inbox) -> None:
    inbox = folder_inbox
    inbox.source = Source(name="docs", inbox=True)
    inbox.drop("pages.jsonl", lines({"url": "http://10.0.0.7/wiki", "content": html("intranet")}))
    inbox.drop("saved.html", "<!-- saved from url=(0027)https://docs.example.test/s -->\n" + html("saved"))
    inbox.read()
    assert set(inbox.pages()) == {"http://10.0.0.7/wiki", "/s"}


def test_a_dropped_pages_links_and_charset_are_known(folder_inbox: Inbox) -> None:
    inbox = folder_inbox
    inbox.drop("a.html", "<html><head><meta charset=windows-1252><p>\u00e4\u00f6 <a href=b.html>b</a>".encode("cp1252"))
    declared = '<html><head><meta charset="iso-8859-1"><p>ä <a href=/x>x</a>'  # JSON is UTF-8 whatever the page says
    inbox.drop("b.jsonl", lines({"url": f"{HOST}/guide/c", "content": declared, "content_type": "text/html"}))
    inbox.read()
    rows = inbox.lake.scan(PAGE_VERSIONS).select("url", "charset", "outlinks").sort("url").collect().rows()
    assert rows == [
        (f"{HOST}/guide/a.html", "cp1252", [f"{HOST}/guide/b.html"]),
        (f"{HOST}/guide/c", "utf-8", [f"{HOST}/x"]),
    ]


def test_a_file_with_very_many_urls_becomes_several_crawls_and_the_later_line_counts(folder_inbox: Inbox) -> None:
    inbox = folder_inbox
    rows = [{"url": f"{HOST}/{number % 25}", "content": html(f"{number}.")} for number in range(60)]
    inbox.drop("pages.jsonl", lines(*rows))
    ingest = InboxIngest(inbox.source, inbox.lake, inbox.objects, on_progress=lambda _: None, run_id="r", most_urls=10)
    ingest.read(dropped_files(inbox.objects, "docs")["docs"])
    assert len(ingest.crawl_ids) > 3
    assert ingest.crawl_ids == sorted(ingest.crawl_ids)
    assert {path: text for path, text in inbox.pages().items() if f">{path[1:]}.<" in text} == {}
    assert f"{50 + 3}." in inbox.pages()["/3"]
    assert f"{25 + 20}." in inbox.pages()["/20"]
    assert set(inbox.lake.scan(CRAWLS).collect()["run_id"]) == {"r"}
