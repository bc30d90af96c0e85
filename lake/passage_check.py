"""Whether what the lake holds fits together: each link from a passage to the bytes it came from, recomputed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from data_contracts.chunk import chunk_id
from data_contracts.document import Anchor, markdown_hash
from data_contracts.identity import text_hash
from data_contracts.page_version import page_version_id

_ADDED_BEFORE = 3  # an opening fence; a table's header and its rule


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

    A cut fence is opened and closed again and a cut table repeats its header: such lines before the slice must stand
    earlier in the markdown, and the one behind it must close a fence.
    """
    markdown, start, end = document["markdown"], chunk["start"], chunk["end"]
    body, cut = chunk["text"][chunk["prefix_chars"] :], markdown[start:end]
    place = f"characters {start:,} to {end:,} of {len(markdown):,}"
    statement = "the passage is the slice of the markdown at its offsets"
    if body == cut:
        return Check(statement, True, f"{place}, equal")
    before, found, after = body.partition(cut)
    opened = _lines(before)
    fits = bool(cut and found) and len(opened) <= _ADDED_BEFORE and set(opened) <= set(_lines(markdown[:start]))
    fits = fits and set(after.strip()) in (set(), {"`"}, {"~"})
    return Check(statement, fits, f"{place}, with the first lines of what it was cut from" if fits else place)


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
