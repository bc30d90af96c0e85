"""The live rows of a source: what its current pages lead to under the versions of the code in use."""

from __future__ import annotations

import polars as pl

from assets.error import UpstreamEmpty
from assets.stages.boilerplate import document_cuts, last_lesson
from assets.stages.chosen import Chosen
from assets.stages.false_page import FAULTS_OF_THE_DAY
from data_contracts.chunk import CHUNKS
from data_contracts.crawl_ledger import CRAWL_LEDGER
from data_contracts.document import DOCUMENTS
from data_contracts.page_version import PAGE_VERSIONS
from data_contracts.quarantine import QUARANTINE
from lake import AsOf, Lake, current_pages
from lake.erased import erased_urls


def live_pages(lake: Lake, source: str, *, as_of: AsOf | None = None) -> pl.DataFrame:
    """Return url and page_version_id of each page that exists; none that was erased, even while its rows are still
    there. Raises UpstreamEmpty when there is none."""
    pages = current_pages(lake, source, as_of=as_of).select("url", "page_version_id").collect()
    if erased := erased_urls(lake, source):
        pages = pages.filter(pl.Series([url not in erased for url in pages["url"]], dtype=pl.Boolean))
    if pages.is_empty():
        raise UpstreamEmpty(_no_pages(lake, source))
    return pages


def _no_pages(lake: Lake, source: str) -> str:
    counts = lake.scan(CRAWL_LEDGER, source=source).group_by("verdict").len().sort("len", descending=True).collect()
    if counts.is_empty():
        return f"source {source!r} was never crawled: materialize raw_html first (`lorechat crawl {source}`)"
    verdicts = ", ".join(f"{verdict} {count}" for verdict, count in counts.iter_rows())
    return (
        f"source {source!r} has no page: its crawls only saw {verdicts}. See why with "
        f"`lorechat status {source} --pages`, correct the source file and materialize raw_html again"
    )


def answering_pages(
    lake: Lake, source: str, extractor_version: str, pages: pl.DataFrame, *, as_of: AsOf | None = None
) -> pl.DataFrame:
    """Return url and page_version_id of each of the pages that exist, with the version that answers for it.

    That is the current one, but for a fault of the day (a captcha that came as a page, lost characters): a page whose
    current version is put aside for that goes on with the newest one before it that is not.
    """
    bad = _put_aside_for_a_fault(lake, source, extractor_version, as_of)
    if bad.is_empty() or pages.join(bad, on="page_version_id", how="semi").is_empty():
        return pages
    broken = pages.join(bad, on="page_version_id", how="semi").select("url")
    stored = lake.scan(PAGE_VERSIONS, source=source, as_of=as_of).select("url", "page_version_id", "fetched_at")
    earlier = stored.join(broken.lazy(), on="url", how="semi").collect().join(bad, on="page_version_id", how="anti")
    newest = earlier.sort("fetched_at").unique("url", keep="last", maintain_order=True).select("url", "page_version_id")
    return pl.concat([pages.join(newest, on="url", how="anti"), newest]).sort("url")


def _put_aside_for_a_fault(lake: Lake, source: str, extractor_version: str, as_of: AsOf | None) -> pl.DataFrame:
    rows = lake.scan(QUARANTINE, source=source, as_of=as_of).filter(pl.col("rule").is_in(FAULTS_OF_THE_DAY))
    fields = [
        pl.col("row").str.json_path_match(f"$.{name}").alias(name) for name in ("page_version_id", "extractor_version")
    ]
    found = rows.select(fields).filter(pl.col("extractor_version") == extractor_version)
    return found.select("page_version_id").unique().collect()


def live_documents(lake: Lake, source: str, extractor_version: str, *, as_of: AsOf | None = None) -> pl.LazyFrame:
    """Return page_version_id, extractor_version, url, markdown_hash of the answering pages' documents."""
    columns = ("page_version_id", "extractor_version", "url", "markdown_hash")
    documents = lake.scan(DOCUMENTS, source=source, as_of=as_of)
    documents = documents.filter(pl.col("extractor_version") == extractor_version)
    pages = answering_pages(lake, source, extractor_version, live_pages(lake, source, as_of=as_of), as_of=as_of)
    return documents.select(columns).join(pages.lazy(), on="page_version_id", how="semi")


def live_cuts(
    lake: Lake,
    source: str,
    extractor_version: str,
    chunker_version: str,
    *,
    as_of: AsOf | None = None,
    chosen: Chosen | None = None,
) -> pl.DataFrame:
    """Return the live documents' columns with each one's own chunker_version, as `document_cuts` says."""
    documents = live_documents(lake, source, extractor_version, as_of=as_of)
    documents = documents if chosen is None else chosen.of(documents)
    boilerplate = last_lesson(lake, source, as_of=as_of).hashes
    return document_cuts(lake, source, documents, boilerplate, chunker_version, as_of=as_of, chosen=chosen)


def live_chunks(
    lake: Lake,
    source: str,
    extractor_version: str,
    chunker_version: str,
    *,
    as_of: AsOf | None = None,
    chosen: Chosen | None = None,
) -> pl.LazyFrame:
    """Return chunk_id, text_hash, url, markdown_hash, page_version_id of the live documents' chunks (or of the chosen
    pages among them); `as_of` looks back at what was live when the tables had those versions.

    A document's chunks are those that leave out the boilerplate which it holds.
    """
    keys = ["url", "markdown_hash", "chunker_version"]
    cuts = live_cuts(lake, source, extractor_version, chunker_version, as_of=as_of, chosen=chosen)
    chunks = lake.scan(CHUNKS, source=source, as_of=as_of).select("chunk_id", "text_hash", *keys)
    if chosen is not None:
        chunks = chunks.filter(pl.col("url").is_in(cuts["url"].implode()))
    found = chunks.join(cuts.lazy().select(*keys, "page_version_id"), on=keys)
    return found.select("chunk_id", "text_hash", "url", "markdown_hash", "page_version_id")
