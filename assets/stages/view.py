"""What counts of a source now, for people and for data versions: names of the live rows, samples and tallies."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from assets.stages.live import live_chunks, live_documents
from data_contracts.chunk import CHUNKS
from data_contracts.crawl_ledger import CRAWL_LEDGER
from data_contracts.document import DOCUMENTS
from data_contracts.embedding import EMBEDDINGS
from data_contracts.table import Table
from lake import Lake, current_pages

_SAMPLE_ROWS = 5
_FAILURE_ROWS = 20
_SAMPLE_VECTORS = 1000
_WELL = ("fetched", "unchanged", "duplicate_of", "redirected")


@dataclass(frozen=True, slots=True)
class View:
    """`keys` name the live rows, sorted: equal keys are equal content. `sample` holds a few of the newest rows,
    `tallies` numbers that checks and people read."""

    keys: Sequence[str]
    sample: Sequence[Mapping[str, Any]]
    tallies: Mapping[str, float]


def page_view(lake: Lake, source: str, *crawl_ids: str) -> View:
    """The pages that exist; the sample is what went wrong in those crawls, the tallies their verdicts."""
    pages = current_pages(lake, source).select(pl.col("url") + " " + pl.col("page_version_id")).collect().to_series()
    ledger = lake.scan(CRAWL_LEDGER, source=source).filter(pl.col("crawl_id").is_in(crawl_ids))
    verdicts = ledger.group_by("verdict").len().sort("len", descending=True).collect()
    failures = ledger.filter(~pl.col("verdict").is_in(_WELL)).select("url", "verdict", "reason", "discovered_from")
    return View(
        keys=sorted(pages),
        sample=failures.sort("verdict", "url").head(_FAILURE_ROWS).collect().to_dicts(),
        tallies=dict(verdicts.iter_rows()),
    )


def document_view(lake: Lake, source: str, extractor_version: str) -> View:
    """The live documents; tallies: pages, and documents with a flag, by flag."""
    live = live_documents(lake, source, extractor_version)
    documents = lake.scan(DOCUMENTS, source=source).join(live, on=["page_version_id", "extractor_version"], how="semi")
    flags = documents.select("flags").explode("flags").drop_nulls().group_by("flags").len().collect()
    pages = current_pages(lake, source).select(pl.len()).collect().item()
    newest = documents.top_k(_SAMPLE_ROWS, by="extracted_at").with_columns(pl.col("markdown").str.slice(0, 400))
    return View(
        keys=sorted(live.select(pl.col("url") + " " + pl.col("markdown_hash")).collect().to_series()),
        sample=newest.select("title", "url", "language", "markdown").collect().to_dicts(),
        tallies={"pages": pages} | dict(flags.iter_rows()),
    )


def chunk_view(lake: Lake, source: str, extractor_version: str, chunker_version: str) -> View:
    """The live chunks; tallies: most, median and all tokens."""
    live = live_chunks(lake, source, extractor_version, chunker_version)
    chunks = lake.scan(CHUNKS, source=source).join(live.select("chunk_id"), on="chunk_id", how="semi")
    tokens = chunks.select(most=pl.col("tokens").max(), median=pl.col("tokens").median(), all=pl.col("tokens").sum())
    newest = chunks.select("heading_path", "tokens", "text", "url").tail(_SAMPLE_ROWS).collect()
    return View(
        keys=sorted(live.select("chunk_id").collect().to_series()),
        sample=newest.to_dicts(),
        tallies={f"{name} tokens": value or 0 for name, value in tokens.collect().to_dicts()[0].items()},
    )


def vector_tallies(lake: Lake, source: str, model_id: str) -> dict[str, float]:
    """Whether the newest vectors are finite, and how far their lengths are from one at most."""
    rows = lake.scan(EMBEDDINGS, source=source).filter(pl.col("model_id") == model_id).select("vector")
    vectors = np.stack(rows.tail(_SAMPLE_VECTORS).collect()["vector"].to_list())
    return {
        "vectors checked": len(vectors),
        "all finite": float(np.isfinite(vectors).all()),
        "largest distance from length one": float(np.abs(np.linalg.norm(vectors, axis=1) - 1).max()),
    }


def row_total(lake: Lake, table: Table, source: str) -> int:
    """All rows of a source in a table, live or not."""
    return int(lake.scan(table, source=source).select(pl.len()).collect().item())
