"""The current view of a source: which pages exist and which version of each counts."""

from __future__ import annotations

import polars as pl

from data_contracts.crawl_ledger import CRAWL_LEDGER, CRAWLS, REMOVALS_HELD
from data_contracts.verdict import Verdict
from lake.lake import Lake
from lake.tables import AsOf

_PRESENT = [verdict.value for verdict in Verdict if verdict.is_present]
_UNKNOWN = [verdict.value for verdict in Verdict if verdict.is_unknown]


def _last_evidence(lake: Lake, source: str, as_of: AsOf | None, without: str | None = None) -> pl.LazyFrame:
    """The newest ledger row of each URL that says something about the page.

    That a page is there counts at once; what speaks against a page counts when its crawl has ended and its removals
    were not held. So neither a crawl that was cut off nor one that came to a broken site takes anything away.
    """
    crawls = lake.scan(CRAWLS, source=source, as_of=as_of)
    counting = crawls.filter(pl.col("removals").is_null() | (pl.col("removals") != REMOVALS_HELD)).select("crawl_id")
    evidence = lake.scan(CRAWL_LEDGER, source=source, as_of=as_of).filter(~pl.col("verdict").is_in(_UNKNOWN))
    if without is not None:
        evidence = evidence.filter(pl.col("crawl_id") != without)
    there = pl.col("verdict").is_in(_PRESENT)
    against = evidence.filter(~there).join(counting, on="crawl_id", how="semi")
    return (
        pl.concat([evidence.filter(there), against])
        .sort("seen_at", "crawl_id")
        .unique("url", keep="last", maintain_order=True)
    )


def current_pages(lake: Lake, source: str, *, as_of: AsOf | None = None, without: str | None = None) -> pl.LazyFrame:
    """Return url, page_version_id, crawl_id, seen_at: one row per page that exists, sorted by URL.

    A page exists from the first crawl that fetched it until a crawl brings evidence against it; errors, limits and
    time-outs are no evidence, so unknown pages keep answering from their last version. `without` names a crawl whose
    word does not count.
    """
    return (
        _last_evidence(lake, source, as_of, without)
        .filter(pl.col("verdict").is_in(_PRESENT))
        .select("url", "page_version_id", "crawl_id", "seen_at")
        .sort("url")
    )


def current_aliases(lake: Lake, source: str, *, as_of: AsOf | None = None) -> pl.LazyFrame:
    """Return alias, url: URLs whose content is another page's, and that page, sorted by alias."""
    return (
        _last_evidence(lake, source, as_of)
        .filter(pl.col("verdict") == Verdict.DUPLICATE_OF.value)
        .select(alias="url", url="target_url")
        .sort("alias")
    )
