"""A page as it is known: its markdown from the lake, in parts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urldefrag

import polars as pl

from data_contracts.document import DOCUMENTS
from lake import Lake
from lake.current import current_pages
from retrieval.presence import live_urls
from retrieval.vector_store import ReleaseManifest, VectorStore


@dataclass(frozen=True, slots=True)
class PagePart:
    """Characters `offset` to `end` of a page's markdown, which is `length` characters long."""

    source: str
    url: str
    title: str
    markdown: str
    offset: int
    length: int

    @property
    def end(self) -> int:
        """Where the next part begins; equal to `length` at the page's end."""
        return self.offset + len(self.markdown)


def page_part(
    lake: Lake, store: VectorStore, releases: Sequence[ReleaseManifest], url: str, *, offset: int, characters: int
) -> PagePart | None:
    """Return a part of the page that has this URL in one of the live releases; None where none has it.

    A page that has left the releases is not shown, though the lake may still hold it. Errors: LakeUnreachable.
    """
    wanted = urldefrag(url.strip()).url
    for release in releases:
        if wanted not in live_urls(store, release.source):
            continue
        found = _document(lake, release, wanted)
        if found is not None:
            title, markdown = found
            part = markdown[offset : offset + characters]
            return PagePart(release.source, wanted, title, part, min(offset, len(markdown)), len(markdown))
    return None


def _document(lake: Lake, release: ReleaseManifest, url: str) -> tuple[str, str] | None:
    """The title and markdown of the page's current version, as the release's extractor made it where it did."""
    current = current_pages(lake, release.source).filter(pl.col("url") == url).select("page_version_id")
    documents = lake.scan(DOCUMENTS, source=release.source).join(current, on="page_version_id", how="semi")
    rows = documents.select("title", "markdown", "extractor_version", "extracted_at").sort("extracted_at").collect()
    own = rows.filter(pl.col("extractor_version") == release.extractor_version)
    chosen = own if own.height else rows
    if not chosen.height:
        return None
    last = chosen.row(-1, named=True)
    return str(last["title"]), str(last["markdown"])
