"""From a citation of an answer back to the bytes: every row on the way, and whether they fit together.

Rows are named by what they were made from and are never changed, so an old answer is traced to what its page said
then, whatever was crawled since.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import polars as pl

from data_contracts.chat_turn import CHAT_TURNS
from data_contracts.chunk import CHUNKS
from data_contracts.crawl_ledger import CRAWL_LEDGER
from data_contracts.document import DOCUMENTS
from data_contracts.index_release import INDEX_RELEASES
from data_contracts.page_version import PAGE_VERSIONS
from data_contracts.table import Table
from lake.discovery import discovery_chain
from lake.lake import Lake
from lake.lineage import crawls_by_id, erased_at
from lake.page_history import CrawlFacts
from lake.passage_check import Check, Row, check_bytes, check_chunk, check_markdown, check_slice


@dataclass(frozen=True, slots=True)
class Turn:
    """An answered question; `citations` as `chat_app.citation` wrote them, `releases` maps source to release."""

    turn_id: str
    question: str
    answer: str
    model: str
    asked_at: datetime
    citations: tuple[Mapping[str, Any], ...]
    releases: Mapping[str, str]

    def citation(self, number: int) -> Mapping[str, Any] | None:
        """Return the citation with a marker's number."""
        return next((one for one in self.citations if one["number"] == number), None)


@dataclass(frozen=True, slots=True)
class Trace:
    """The chain behind a citation; a row that is not in the lake (erased, or removed by upkeep) is None.

    `chunk`, `document`, `version`, `sighting` and `release` are rows of their tables, whole. `erased_at` is when the
    page was erased on request.
    """

    citation: Mapping[str, Any]
    chunk: Row | None
    document: Row | None
    version: Row | None
    sighting: Row | None
    crawl: CrawlFacts | None
    discovered: tuple[str, ...]
    release_id: str | None
    release: Row | None
    erased_at: datetime | None
    checks: tuple[Check, ...]

    @property
    def is_whole(self) -> bool:
        """Whether every check held."""
        return all(check.is_true for check in self.checks)


def find_turns(lake: Lake, turn_id: str, *, is_prefix: bool = False) -> list[Turn]:
    """Return the turn with an id, or those whose id begins so."""
    name = pl.col("turn_id")
    rows = lake.scan(CHAT_TURNS).filter(name.str.starts_with(turn_id) if is_prefix else name == turn_id).collect()
    return [_turn(row) for row in rows.iter_rows(named=True)]


def newest_turn(lake: Lake) -> Turn | None:
    """Return the turn that was asked last, None while there is none."""
    rows = lake.scan(CHAT_TURNS).top_k(1, by="asked_at").collect()
    return next((_turn(row) for row in rows.iter_rows(named=True)), None)


def _turn(row: Mapping[str, Any]) -> Turn:
    names = ("turn_id", "question", "answer", "model", "asked_at")
    citations = tuple(json.loads(row["citations"]))
    return Turn(**{name: row[name] for name in names}, citations=citations, releases=json.loads(row["releases"]))


def trace_citation(lake: Lake, turn: Turn, citation: Mapping[str, Any]) -> Trace:
    """Return the chain behind one citation of a turn. Errors: LakeUnreachable."""
    source, url = citation["source"], citation["url"]
    version = _row(lake, PAGE_VERSIONS, source, page_version_id=citation["page_version_id"])
    chunk = _row(lake, CHUNKS, source, chunk_id=citation["chunk_id"])
    release_id = turn.releases.get(source)
    release = _row(lake, INDEX_RELEASES, source, release_id=release_id) if release_id else None
    document = _document(lake, source, citation["page_version_id"], chunk, release)
    crawl_id = version["crawl_id"] if version else None
    return Trace(
        citation=citation,
        chunk=chunk,
        document=document,
        version=version,
        sighting=_row(lake, CRAWL_LEDGER, source, crawl_id=crawl_id, url=url) if crawl_id else None,
        crawl=crawls_by_id(lake, source, [crawl_id]).get(crawl_id) if crawl_id else None,
        discovered=discovery_chain(lake, url, source),
        release_id=release_id,
        release=release,
        erased_at=erased_at(lake, url, source),
        checks=_checks(citation, chunk, document, version),
    )


def _document(lake: Lake, source: str, version: str, chunk: Row | None, release: Row | None) -> Row | None:
    """The document that the chunk was cut from: of several that say the same, the one that the release was made of."""
    documents = lake.scan(DOCUMENTS, source=source).filter(pl.col("page_version_id") == version)
    if chunk is not None:
        documents = documents.filter(pl.col("markdown_hash") == chunk["markdown_hash"])
    rows = documents.sort("extracted_at").collect().to_dicts()
    used = [row for row in rows if release is not None and row["extractor_version"] == release["extractor_version"]]
    return next(iter([*used, *rows]), None)


def _checks(citation: Row, chunk: Row | None, document: Row | None, version: Row | None) -> tuple[Check, ...]:
    """The links of the chain, from the passage to the bytes."""
    cited = "the citation names this chunk's place"
    if chunk is None:
        found = [Check("the passage is the text that its hash names", None, "the chunk is not in the lake any more")]
    else:
        is_inside = citation["start"] <= chunk["start"] and chunk["end"] <= citation["end"]  # a whole section may be
        place = is_inside and chunk["url"] == citation["url"]
        found = [Check(cited, place, f"characters {citation['start']:,} to {citation['end']:,}"), check_chunk(chunk)]
    if document is None:
        found.append(Check("the markdown is what its hash names", None, "the document is not in the lake any more"))
    elif chunk is not None:
        found += [check_slice(chunk, document), check_markdown(chunk, document)]
    if version is None:
        gone = "the page version is not in the lake any more"
        found.append(Check("the raw bytes are those that were fetched", None, gone))
    else:
        found.append(check_bytes(version))
    return tuple(found)


def _row(lake: Lake, table: Table, source: str, **key: str | None) -> Row | None:
    rows = lake.scan(table, source=source)
    for name, value in key.items():
        rows = rows.filter(pl.col(name) == value)
    found = rows.head(1).collect().to_dicts()
    return found[0] if found else None
