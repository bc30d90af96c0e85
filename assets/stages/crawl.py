"""What a crawl did, told as the other stages tell it."""

from __future__ import annotations

from datetime import timedelta

import polars as pl

from assets.stages.report import CurvePoint, StageReport
from data_contracts.crawl_ledger import CRAWL_LEDGER
from lake import Lake
from scrapers.report import CrawlReport

STAGE = "raw_html"

_POINTS = 60


def crawl_stage_report(lake: Lake, crawl: CrawlReport) -> StageReport:
    """Return the stage's report; its curve is read from the ledger, which says when each page was answered."""
    return StageReport(
        stage=STAGE,
        source=crawl.source,
        unit="pages",
        done=crawl.pages_fetched,
        added=crawl.pages_added,
        skipped=max(0, crawl.pages_present - crawl.pages_added),
        quarantined=0,
        seconds=crawl.seconds,
        bytes=crawl.body_bytes,
        curve=_curve(lake, crawl),
        counts={"pages": crawl.pages_present},
    )


def _curve(lake: Lake, crawl: CrawlReport) -> tuple[CurvePoint, ...]:
    """Pages per second over the crawl, in at most some sixty steps of whole seconds."""
    step = max(1, round(crawl.seconds / _POINTS))
    ledger = lake.scan(CRAWL_LEDGER, source=crawl.source).filter(
        (pl.col("crawl_id") == crawl.crawl_id) & (pl.col("body_bytes") > 0)
    )
    seen = ledger.select("seen_at").sort("seen_at").collect()
    if seen.is_empty():
        return ()
    begin = seen["seen_at"][0]
    buckets = seen.group_by_dynamic("seen_at", every=timedelta(seconds=step)).agg(pages=pl.len())
    return tuple(CurvePoint((at - begin).total_seconds() + step, pages / step) for at, pages in buckets.iter_rows())
