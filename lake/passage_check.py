"""Whether what the lake holds fits together: each link from a passage to the bytes it came from, recomputed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from data_contracts.chunk import chunk_id
from data_contracts.document import Anchor, markdown_hash
from data_contracts.identity import text_hash
from data_contracts.page_version import page_version_id

_ADDED_BEFORE = 3  # an opening fence; a table's header and its rule
_ADDED_AFTER = 1  # a closing fence


@dataclass(frozen=True, slots=True)
class Check:
    """A statement about stored rows. `is_true` is None when a row that it needs is missing."""

    statement: str
    is_true: bool | None
    detail: str

    @property
    def outcome(self) -> str:
        """OK, BROKEN or MISSING."""
        return {True: "OK", False: "BROKEN", None: "MISSING"}[self.is_true]


Row = Mapping[str, Any]


def check_chunk(chunk: Row) -> Check:
    """Whether a chunk's text and name are what its hashes say."""
    name = chunk_id(chunk["url"], chunk["markdown_hash"], chunk["chunker_version"], chunk["position"])
    fits = text_hash(chunk["text"]) == chunk["text_hash"] and name == chunk["chunk_id"]
    return Check("the passage is the text that its hash names", fits, f"text {chunk['text_hash'][:12]}")


def check_slice(chunk: Row, document: Row) -> Check:
    """Whether a chunk's own words stand in the markdown at its offsets.

    A cut fence is opened and closed again, a cut table repeats its header, and blocks that recur on other pages may be
    left out: besides these, every line of the passage must be a line of the slice, in order.
    """
    markdown, start, end = document["markdown"], chunk["start"], chunk["end"]
    body, cut = chunk["text"][chunk["prefix_chars"] :], markdown[start:end]
    place = f"characters {start:,} to {end:,} of {len(markdown):,}"
    statement = "the passage is the slice of the markdown at its offsets"
    if body == cut:
        return Check(statement, True, f"{place}, equal")
    if cut and cut in body:
        return Check(statement, True, f"{place}, with the lines of the fence or table that it was cut from")
    added = _added_lines(_lines(body), _lines(cut))
    return Check(statement, added, f"{place}, without blocks that recur on other pages" if added else place)


def check_markdown(chunk: Row, document: Row) -> Check:
    """Whether the document says what the hash in the chunk names."""
    anchors = [Anchor(**anchor) for anchor in document["anchors"]]
    found = markdown_hash(document["title"], document["markdown"], anchors)
    fits = found == document["markdown_hash"] == chunk["markdown_hash"]
    return Check("the markdown is what its hash names", fits, f"markdown {document['markdown_hash'][:12]}")


def check_bytes(version: Row) -> Check:
    """Whether the stored bytes are those that were fetched: hash, length and the version's own name."""
    body: bytes = version["body"]
    digest = sha256(body).hexdigest()
    named = page_version_id(version["source"], version["url"], body) == version["page_version_id"]
    fits = digest == version["body_hash"] and len(body) == version["body_bytes"] and named
    return Check("the raw bytes are those that were fetched", fits, f"{len(body):,} bytes, sha256 {digest}")


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]


def _added_lines(body: Sequence[str], cut: Sequence[str]) -> bool:
    """Whether the body's lines are lines of the cut in order, but for a few added at its ends."""
    return any(
        _is_within(body[before : len(body) - after], cut)
        for before in range(_ADDED_BEFORE + 1)
        for after in range(_ADDED_AFTER + 1)
        if before + after < len(body)
    )


def _is_within(lines: Sequence[str], cut: Sequence[str]) -> bool:
    rest = iter(cut)
    return all(any(line == other for other in rest) for line in lines)
