"""The way of a page through the lake: every table's rows about one URL, read by its key columns.

Bytes and markdown stay where they are; only small columns are read, so a history takes a second on large sources, too.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from datetime import datetime
from typing import Any

import polars as pl

from data_contracts.chunk import CHUNKS
from data_contracts.crawl_ledger import CRAWL_LEDGER, CRAWLS
from data_contracts.document import DOCUMENTS
from data_contracts.erasure import ERASURES, WHOLE_SOURCE
from data_contracts.identity import text_hash
from data_contracts.page_version import PAGE_VERSIONS
from data_contracts.quarantine import QUARANTINE
from data_contracts.verdict import Verdict
from lake.current import current_aliases
from lake.discovery import discovery_chain
from lake.lake import Lake
from lake.page_history import (
    ChunkFacts,
    CrawlFacts,
    DocumentFacts,
    PageHistory,
    Rejected,
    Sighting,
    VersionFacts,
)

_MOST_HOPS = 20


def page_history(lake: Lake, url: str, source: str) -> PageHistory:
    """Return what the lake knows of a canonical URL in a source; its parts are empty where nothing is known."""
    sightings = _sightings(lake, url, source)
    versions = _versions(lake, url, source, sightings)
    return PageHistory(
        source=source,
        url=url,
        discovered=discovery_chain(lake, url, source),
        aliases=_aliases(lake, url, source),
        sightings=sightings,
        versions=versions,
        documents=_documents(lake, url, source),
        chunks=_chunks(lake, url, source),
        rejected=_rejected(lake, url, source, versions),
        erased_at=erased_at(lake, url, source),
    )


def answering_history(lake: Lake, url: str, source: str) -> list[PageHistory]:
    """Return the histories of a URL and of the URLs that it leads to, the page that answers for it last."""
    found = [page_history(lake, url, source)]
    while (target := found[-1].leads_to) is not None and len(found) <= _MOST_HOPS:
        if target in [history.url for history in found]:
            break
        found.append(page_history(lake, target, source))
    return found


def crawls_by_id(lake: Lake, source: str, crawl_ids: Iterable[str]) -> dict[str, CrawlFacts]:
    """Return the named crawls of a source that have ended."""
    rows = lake.scan(CRAWLS, source=source).filter(pl.col("crawl_id").is_in(list(crawl_ids)))
    return {row["crawl_id"]: CrawlFacts(**row) for row in _rows(rows, CrawlFacts)}


def _sightings(lake: Lake, url: str, source: str) -> tuple[Sighting, ...]:
    rows = _rows(lake.scan(CRAWL_LEDGER, source=source).filter(pl.col("url") == url), Sighting, without=("crawl",))
    crawls = crawls_by_id(lake, source, [row["crawl_id"] for row in rows])
    found = [Sighting(**row | {"verdict": Verdict(row["verdict"])}, crawl=crawls.get(row["crawl_id"])) for row in rows]
    return tuple(sorted(found, key=lambda seen: (seen.seen_at, seen.crawl_id)))


def _versions(lake: Lake, url: str, source: str, sightings: tuple[Sighting, ...]) -> tuple[VersionFacts, ...]:
    rows = _rows(
        lake.scan(PAGE_VERSIONS, source=source).filter(pl.col("url") == url), VersionFacts, without=("last_seen",)
    )
    last = {seen.page_version_id: seen.seen_at for seen in sightings}  # the sightings are in order: the last one stays
    found = [VersionFacts(**row, last_seen=last.get(row["page_version_id"], row["fetched_at"])) for row in rows]
    return tuple(sorted(found, key=lambda version: version.fetched_at))


def _documents(lake: Lake, url: str, source: str) -> tuple[DocumentFacts, ...]:
    documents = lake.scan(DOCUMENTS, source=source).filter(pl.col("url") == url)
    rows = _rows(documents.with_columns(characters=pl.col("markdown").str.len_chars()), DocumentFacts)
    return tuple(
        sorted(
            (DocumentFacts(**row | {"flags": tuple(row["flags"])}) for row in rows),
            key=lambda document: document.extracted_at,
        )
    )


def _chunks(lake: Lake, url: str, source: str) -> tuple[ChunkFacts, ...]:
    rows = _rows(lake.scan(CHUNKS, source=source).filter(pl.col("url") == url), ChunkFacts)
    found = [ChunkFacts(**row | {"heading_path": tuple(row["heading_path"])}) for row in rows]
    return tuple(sorted(found, key=lambda chunk: (chunk.chunker_version, chunk.markdown_hash, chunk.position)))


def _rejected(lake: Lake, url: str, source: str, versions: tuple[VersionFacts, ...]) -> tuple[Rejected, ...]:
    """The quarantined rows that name the URL or one of its versions."""
    ids = [version.page_version_id for version in versions]
    field = pl.col("row").str.json_path_match
    about = (field("$.url") == url) | field("$.page_version_id").is_in(ids)
    found = lake.scan(QUARANTINE, source=source).filter(about.fill_null(False))
    rows = _rows(found.with_columns(page_version_id=field("$.page_version_id")), Rejected)
    return tuple(sorted((Rejected(**row) for row in rows), key=lambda rejected: rejected.quarantined_at))


def _aliases(lake: Lake, url: str, source: str) -> tuple[str, ...]:
    aliases = current_aliases(lake, source).filter(pl.col("url") == url).select("alias").collect()
    return tuple(aliases["alias"])


def erased_at(lake: Lake, url: str, source: str) -> datetime | None:
    """Return when a page was erased on request, None when it was not or was let in again."""
    about = [text_hash(url), text_hash(WHOLE_SOURCE)]
    decisions = lake.scan(ERASURES, source=source).filter(pl.col("url_hash").is_in(about)).sort("at")
    newest = decisions.unique("url_hash", keep="last", maintain_order=True).filter(pl.col("is_out")).collect()
    return newest["at"].min() if newest.height else None  # type: ignore[return-value]  # a column of instants


def _rows(frame: pl.LazyFrame, facts: type, without: tuple[str, ...] = ()) -> list[dict[str, Any]]:
    """The columns that a class of facts names, but for some, as its arguments."""
    names = [field.name for field in dataclasses.fields(facts) if field.name not in without]
    return frame.select(names).collect().to_dicts()
