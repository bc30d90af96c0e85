"""What is known about a source: read from its file, the lake and the index."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

import polars as pl

from data_contracts.chunk import CHUNKS
from data_contracts.crawl_ledger import CRAWL_LEDGER, CRAWLS
from data_contracts.document import DOCUMENTS
from data_contracts.embedding import EMBEDDINGS
from data_contracts.page_version import PAGE_VERSIONS
from data_contracts.quarantine import QUARANTINE
from lake.current import current_pages

if TYPE_CHECKING:
    from data_contracts.source import Source
    from lake import Lake
    from retrieval.vector_store import VectorStore

_STAGES = (PAGE_VERSIONS, DOCUMENTS, CHUNKS, EMBEDDINGS, QUARANTINE)


@dataclass(frozen=True, slots=True)
class SourceState:
    """A source at this moment. `rows` counts each table's rows, `verdicts` the last finished crawl's URLs, `flags` the
    current pages' documents by quality flag."""

    source: str
    pages: int
    rows: dict[str, int]
    crawled_at: datetime | None
    outcome: str | None
    verdicts: dict[str, int]
    release: str | None
    released_at: datetime | None
    indexed_chunks: int | None
    flags: dict[str, int]


def source_state(source: Source, lake: Lake, store: VectorStore) -> SourceState:
    """Read how far a source is."""
    crawls = lake.scan(CRAWLS, source=source.name).sort("finished_at").tail(1).collect().to_dicts()
    crawl = crawls[0] if crawls else {}
    release = store.live(source.name)
    return SourceState(
        source=source.name,
        pages=_count(current_pages(lake, source.name)),
        rows={table.name: _count(lake.scan(table, source=source.name)) for table in _STAGES},
        crawled_at=crawl.get("finished_at"),
        outcome=crawl.get("outcome"),
        verdicts=json.loads(crawl.get("counts", "{}")),
        release=release.release_id if release else None,
        released_at=release.built_at if release else None,
        indexed_chunks=release.chunks if release else None,
        flags=_flags(source, lake),
    )


def _flags(source: Source, lake: Lake) -> dict[str, int]:
    from assets.steps.clean import extractor_version

    documents = lake.scan(DOCUMENTS, source=source.name)
    documents = documents.filter(pl.col("extractor_version") == extractor_version(source.selectors))
    current = current_pages(lake, source.name).select("page_version_id")
    flags = documents.select("page_version_id", "flags").join(current, on="page_version_id", how="semi")
    counts = flags.select("flags").explode("flags").drop_nulls().group_by("flags").len().sort("flags").collect()
    return dict(counts.iter_rows())


def _count(rows: pl.LazyFrame) -> int:
    return int(rows.select(pl.len()).collect().item())


def page_verdicts(source: str, lake: Lake) -> pl.DataFrame:
    """Return url, verdict, reason, status, target_url, seen_at: the newest ledger row of every URL, sorted by URL."""
    columns = ["url", "verdict", "reason", "status", "target_url", "depth", "crawl_id", "seen_at"]
    newest = lake.scan(CRAWL_LEDGER, source=source).select(columns).sort("seen_at", "crawl_id")
    return newest.unique("url", keep="last", maintain_order=True).sort("url").collect()
