"""A chain that fits is called whole, and one changed character anywhere breaks it."""

from __future__ import annotations

from hashlib import sha256

import pytest

from data_contracts.chunk import chunk_id
from data_contracts.document import markdown_hash
from data_contracts.identity import text_hash
from data_contracts.page_version import page_version_id
from lake.passage_check import Row, check_bytes, check_chunk, check_markdown, check_slice

MARKDOWN = (
    "# Bees\n\nBees swarm in spring.\n\nShare this page.\n\n```sh\none\ntwo\nthree\n```\n\n"
    "| a | b |\n| --- | --- |\n| 1 | 2 |\n| 3 | 4 |\n"
)
BODY = b"<p>Bees swarm in spring.</p>"


def _chunk(start: int, end: int, body: str | None = None) -> dict[str, object]:
    named = markdown_hash("Bees", MARKDOWN, [])
    text = "Bees\n\n" + (MARKDOWN[start:end] if body is None else body)
    return {
        "chunk_id": chunk_id("https://a.test/", named, "1", 0),
        "url": "https://a.test/",
        "markdown_hash": named,
        "chunker_version": "1",
        "position": 0,
        "start": start,
        "end": end,
        "text": text,
        "prefix_chars": 6,
        "text_hash": text_hash(text),
    }


DOCUMENT: Row = {
    "title": "Bees",
    "markdown": MARKDOWN,
    "markdown_hash": markdown_hash("Bees", MARKDOWN, []),
    "anchors": [],
}


def _place(text: str) -> tuple[int, int]:
    start = MARKDOWN.index(text)
    return start, start + len(text)


def test_a_slice_is_the_passage() -> None:
    check = check_slice(_chunk(*_place("Bees swarm in spring.")), DOCUMENT)
    assert (check.outcome, check.detail.endswith("equal")) == ("OK", True)


@pytest.mark.parametrize(
    ("cut", "body"),
    [
        ("two\nthree", "```sh\ntwo\nthree\n```"),
        ("| 3 | 4 |", "| a | b |\n| --- | --- |\n| 3 | 4 |"),
    ],
)
def test_cut_fences_and_tables_fit(cut: str, body: str) -> None:
    assert check_slice(_chunk(*_place(cut), body), DOCUMENT).is_true


@pytest.mark.parametrize(
    "body",
    [
        "Bees swarm in autumn.",
        "Share this page.\nBees swarm in spring.",
        "Bees swarm in spring. Not.",
        "# Bees\nBees swarm in spring.",
        "a\nb",
    ],
)
def test_words_that_are_not_there_break_it(body: str) -> None:
    cut = "Bees swarm in spring.\n\nShare this page."
    assert check_slice(_chunk(*_place(cut), body), DOCUMENT).outcome == "BROKEN"


def test_other_offsets_break_it() -> None:
    chunk = _chunk(*_place("Bees swarm in spring."))
    assert check_slice({**chunk, "start": 0, "end": 6}, DOCUMENT).outcome == "BROKEN"


def test_a_changed_text_or_name_breaks_the_chunk() -> None:
    chunk = _chunk(*_place("Bees swarm in spring."))
    assert check_chunk(chunk).is_true
    assert not check_chunk({**chunk, "text": "Bees swarm."}).is_true
    assert not check_chunk({**chunk, "position": 1}).is_true


def test_a_changed_markdown_title_or_anchor_breaks_the_document() -> None:
    chunk = _chunk(*_place("Bees swarm in spring."))
    assert check_markdown(chunk, DOCUMENT).is_true
    for changed in ({"markdown": "x"}, {"title": "x"}, {"anchors": [{"offset": 1, "id": "x"}]}):
        assert not check_markdown(chunk, {**DOCUMENT, **changed}).is_true


def test_changed_bytes_break_the_version() -> None:
    version = {
        "source": "bees",
        "url": "https://a.test/",
        "page_version_id": page_version_id("bees", "https://a.test/", BODY),
        "body": BODY,
        "body_hash": sha256(BODY).hexdigest(),
        "body_bytes": len(BODY),
    }
    assert check_bytes(version).is_true
    for changed in ({"body": BODY + b" "}, {"body_hash": sha256(b"").hexdigest()}, {"url": "https://b.test/"}):
        assert not check_bytes({**version, **changed}).is_true
