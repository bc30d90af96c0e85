"""`documents`: a page version turned into markdown."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import dataframely as dy

from data_contracts.identity import content_id
from data_contracts.table import Table, sha256_column, utc_column


class Anchor(NamedTuple):
    """An HTML id and where its element begins, in characters of the markdown."""

    offset: int
    id: str


class DocumentBlock(NamedTuple):
    """A block of the markdown: characters `start` to `end`, what kind it is, and a hash of what it says.

    `kind` is `heading1` to `heading6`, `paragraph`, `item`, `quote`, `fence`, `code`, `table`, `html` or `rule`.
    `letters` counts the letters and digits that a reader sees. Blocks of different pages that say the same, but for
    numbers and where their links lead, have the same hash (64 bits, signed).
    """

    start: int
    end: int
    kind: str
    letters: int
    hash: int


class Document(dy.Schema):
    """One row per page version and extractor version.

    `anchors` are sorted by offset. `source_text` and `source_link` come from the source's optional selectors.
    `language` is an ISO 639-1 code or `und`. `flags` are quality flags (field's terms, e.g. `little_text`).
    `markdown_hash` covers title, markdown and anchors: all that a chunk and its citation are made from. `blocks` are
    the markdown's blocks in order (null: made before they were kept): what recurs on many pages of a site, and how much
    a page says, is found by them without reading the text.
    """

    source = dy.String(nullable=False)
    page_version_id = sha256_column(primary_key=True)
    extractor_version = dy.String(nullable=False, primary_key=True)
    url = dy.String(nullable=False)
    title = dy.String(nullable=False)
    source_text = dy.String(nullable=True)
    source_link = dy.String(nullable=True)
    content_type = dy.String(nullable=False)
    extracted_at = utc_column()
    markdown = dy.String(nullable=False)
    markdown_hash = sha256_column()
    anchors = dy.List(
        dy.Struct({"offset": dy.Int64(nullable=False, min=0), "id": dy.String(nullable=False)}), nullable=False
    )
    language = dy.String(nullable=False)
    flags = dy.List(dy.String(nullable=False), nullable=False)
    blocks = dy.List(
        dy.Struct(
            {
                "start": dy.Int64(nullable=False),
                "end": dy.Int64(nullable=False),
                "kind": dy.String(nullable=False),
                "letters": dy.Int64(nullable=False),
                "hash": dy.Int64(nullable=False),
            }
        ),
        nullable=True,
    )


DOCUMENTS = Table("documents", Document)


def markdown_hash(title: str, markdown: str, anchors: Iterable[Anchor]) -> str:
    """Name what a document says and where: equal for two versions of a page that differ only in boilerplate."""
    return content_id(title, markdown, *(f"{anchor.offset}:{anchor.id}" for anchor in anchors))
