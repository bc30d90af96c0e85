"""What of the inbox holds no page: nothing is lost, nothing is guessed, and the rest goes on."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import polars as pl
import pytest

from assets.stages.inbox_ingest import InboxIngest
from assets.stages.inbox_listing import dropped_files
from data_contracts.crawl_changes import CrawlChanges
from data_contracts.inbox_file import INBOX_FILES
from data_contracts.quarantine import QUARANTINE
from data_contracts.source import Source
from lake import LakeUnreachable
from tests.assets.inbox_place import HOST, Inbox, html, lines


def test_bad_lines_are_put_aside_with_file_line_and_reason(folder_inbox: Inbox) -> None:
    inbox = folder_inbox
    good = lines({"url": f"{HOST}/a", "content": html("A")})
    inbox.drop("pages.jsonl", good + b"\n{oops\n" + lines({"url": "mailto:a@b", "content": "<p>"}) + good[:-30])
    report = inbox.read()
    assert (report.pages, report.rejected) == (1, 3)
    rules, reasons = zip(*inbox.quarantined(), strict=True)
    assert rules == ("no_url", "not_json", "not_json")
    assert "inbox/docs/pages.jsonl, line 3: it is no JSON" in reasons[1]
    assert "line 5" in reasons[2]
    assert "was it cut off?" in reasons[2]
    kept = [json.loads(row) for row in inbox.lake.scan(QUARANTINE).collect()["row"]]
    assert {(row["file"], row["line"]) for row in kept} == {("inbox/docs/pages.jsonl", line) for line in (3, 4, 5)}


def test_a_file_of_nothing_but_bad_lines_does_not_flood_quarantine(folder_inbox: Inbox) -> None:
    folder_inbox.drop("pages.jsonl", b"".join(b"bad %d\n" % number for number in range(1500)))
    assert folder_inbox.read().rejected == 1500
    found = folder_inbox.quarantined()
    assert len(found) == 1001
    assert any(rule == "many_bad_lines" and "500 lines more" in reason for rule, reason in found)


def test_what_holds_no_page_is_put_aside_and_read_once(folder_inbox: Inbox) -> None:
    inbox = folder_inbox
    inbox.source = Source.model_validate({"name": "docs", "inbox": True, "limits": {"page_bytes": 1000}})
    inbox.drop("notes.txt", "some notes")
    inbox.drop("nowhere.html", html("nowhere"))
    inbox.drop("empty.html", "")
    inbox.drop("large.html", html("x" * 2000))
    inbox.drop("endless.jsonl", b"x" * 100_000 + b"\n" + lines({"url": f"{HOST}/a", "content": "just words"}))
    inbox.drop("torn.jsonl.gz", gzip.compress(lines({"url": f"{HOST}/b", "content": html("B")}))[:-9])
    assert inbox.read().rejected == 7
    assert [rule for rule, _ in inbox.quarantined()] == [
        "broken_gzip", "no_content", "no_url", "not_html", "too_large", "too_large", "unknown_kind",
    ]  # fmt: skip
    assert set(inbox.pages()) == {"/b"}  # what could be read of the torn file
    assert inbox.read().files == 0


def test_a_captcha_in_place_of_a_page_says_nothing_about_the_page(folder_inbox: Inbox) -> None:
    inbox = folder_inbox
    inbox.drop("1.jsonl", lines({"url": f"{HOST}/a", "content": html("A")}))
    inbox.read()
    wall = "<title>Just a moment...</title><h1>Just a moment</h1><p>Verify you are human to go on."
    inbox.drop("2.jsonl", lines({"url": f"{HOST}/a", "content": f"<html>{wall}<div class=g-recaptcha></div></html>"}))
    assert inbox.read().changes == CrawlChanges(unknown=1)
    assert inbox.verdicts()["/a"] == "challenge"
    assert set(inbox.pages()) == {"/a"}


def test_a_file_whose_name_cannot_be_used_is_named(folder_inbox: Inbox) -> None:
    folder_inbox.drop("good.html", html("good"))
    Path(folder_inbox.lake.url, "inbox", "docs", "two\nlines.html").write_text(html("bad"))
    with pytest.raises(LakeUnreachable, match=r"(?s)lines.html.*Rename or delete it"):
        folder_inbox.read()


def test_a_file_that_was_deleted_or_rewritten_after_it_was_listed_is_left_for_later(folder_inbox: Inbox) -> None:
    inbox = folder_inbox
    inbox.drop("a.html", html("a"))
    inbox.drop("b.html", html("b"))
    listed = dropped_files(inbox.objects, "docs")["docs"]
    inbox.objects.delete("inbox/docs/a.html")
    inbox.drop("b.html", html("other b"))
    ingest = InboxIngest(inbox.source, inbox.lake, inbox.objects, on_progress=lambda _: None, run_id=None)
    ingest.read(listed)
    assert ingest.files == []
    assert inbox.lake.scan(INBOX_FILES).select(pl.len()).collect().item() == 0
    assert inbox.read().files == 1
