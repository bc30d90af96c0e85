"""Documents on their way out: every one is written once, and what happens to it later is told."""

from __future__ import annotations

import json

import polars as pl

from assets.stages.export import FIELDS, ExportReport, export_documents
from assets.stages.extraction import extract_documents
from data_contracts.export import EXPORTS
from tests.assets.inbox_place import HOST, Inbox, html, lines, rewrite


def export(inbox: Inbox) -> ExportReport:
    extract_documents(inbox.source, inbox.lake, on_progress=lambda _: None)
    return export_documents(inbox.source, inbox.lake, inbox.objects)


def exported(inbox: Inbox) -> list[dict[str, str]]:
    """All lines, in the order of the files' numbers."""
    keys = sorted((facts.key for facts in inbox.objects.files("processed/docs")), key=lambda key: key.split("/")[-1])
    return [json.loads(line) for key in keys for line in inbox.objects.read(key).decode().splitlines()]


def test_documents_are_exported_with_the_seed_fields(inbox: Inbox) -> None:
    inbox.drop("pages.jsonl", lines(*({"url": f"{HOST}/{name}", "content": html(name)} for name in ("a", "b"))))
    inbox.read()
    report = export(inbox)
    assert (report.documents, report.removed) == (2, 0)
    rows = exported(inbox)
    assert all(tuple(row) == FIELDS for row in rows)
    assert {row["url"]: row["markdown"].strip() for row in rows} == {f"{HOST}/a": "a", f"{HOST}/b": "b"}
    assert rows[0]["content_type"] == "text/html; charset=utf-8"
    assert rows[0]["extracted_at"].endswith("+00:00")


def test_an_unchanged_run_writes_nothing(inbox: Inbox) -> None:
    inbox.drop("a.html", html("a"))
    inbox.read()
    before = [export(inbox), list(inbox.objects.files("processed"))][1]
    assert export(inbox).files == ()
    assert list(inbox.objects.files("processed")) == before


def test_changed_removed_and_restored_documents_are_told_in_order(inbox: Inbox) -> None:
    inbox.drop("a.html", html("a"))
    inbox.drop("b.html", html("b"))
    inbox.read()
    export(inbox)
    rewrite(inbox, "a.html", html("a changed"))
    rewrite(inbox, "gone.jsonl", lines({"url": f"{HOST}/guide/b.html", "status": 410}))
    inbox.read()
    report = export(inbox)
    assert (report.documents, report.removed) == (1, 1)
    assert [file.split("-")[0] for file in report.files] == ["000002", "removed/000003"]
    rewrite(inbox, "b.html", html("b"))
    inbox.read()
    assert export(inbox).documents == 1
    told = [(row["url"].rsplit("/", 1)[-1], row.get("markdown", "removed").strip()) for row in exported(inbox)]
    assert sorted(told[:2]) == [("a.html", "a"), ("b.html", "b")]
    assert told[2:] == [("a.html", "a changed"), ("b.html", "removed"), ("b.html", "b")]


def test_a_change_of_bytes_alone_exports_nothing(folder_inbox: Inbox) -> None:
    folder_inbox.drop("a.html", html("a"))
    folder_inbox.read()
    export(folder_inbox)
    folder_inbox.drop("a.html", html("a", head="<script>nonce</script>"))
    assert folder_inbox.read().changes.changed == 1
    assert export(folder_inbox).files == ()


def test_an_export_that_was_cut_off_writes_the_same_file_again(folder_inbox: Inbox) -> None:
    inbox = folder_inbox
    inbox.drop("a.html", html("a"))
    inbox.read()
    first = export(inbox)
    inbox.lake.erase(EXPORTS, pl.DataFrame({"file": first.files}), source="docs")  # killed before it noted the file
    assert export(inbox).files == first.files
    assert len(list(inbox.objects.files("processed"))) == 1
