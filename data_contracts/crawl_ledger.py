"""`crawl_ledger` and `crawls`: every URL a crawl saw with the reason for its verdict, and every finished crawl."""

from __future__ import annotations

import dataframely as dy
import polars as pl

from data_contracts.table import Table, sha256_column, utc_column
from data_contracts.verdict import Verdict

REMOVALS_APPLIED = "applied"
REMOVALS_HELD = "held"


class LedgerEntry(dy.Schema):
    """One row per URL seen in one crawl.

    `page_version_id` names the version that the verdict is about (fetched, unchanged and duplicate_of only);
    `target_url` is where a duplicate or a redirect leads; `discovered_from` is the page that linked here (null for
    start URLs and sitemaps); `elapsed_ms` and `body_bytes` cost this crawl what they say. `etag` and `last_modified`
    are what the next crawl asks with: those of the answer, null where the page has to be read each time.
    """

    source = dy.String(nullable=False)
    crawl_id = dy.String(nullable=False, primary_key=True)
    url = dy.String(nullable=False, primary_key=True)
    verdict = dy.String(nullable=False)
    reason = dy.String(nullable=False)
    status = dy.Int32(nullable=True)
    page_version_id = sha256_column(nullable=True)
    target_url = dy.String(nullable=True)
    discovered_from = dy.String(nullable=True)
    depth = dy.Int32(nullable=False, min=0)
    body_bytes = dy.Int64(nullable=False, min=0)
    elapsed_ms = dy.Int64(nullable=False, min=0)
    seen_at = utc_column()
    etag = dy.String(nullable=True)
    last_modified = dy.String(nullable=True)

    @dy.rule()
    def verdict_is_known(cls) -> pl.Expr:
        return pl.col("verdict").is_in([verdict.value for verdict in Verdict])


class Crawl(dy.Schema):
    """One row per finished crawl; a crawl with ledger rows and no row here was cut off and is resumed.

    `outcome` is `finished`, or the reason why it ended early. `counts` is a JSON object of verdict -> URLs.
    `settings_hash` names the source's settings under which pages were asked for and read. `removals` says whether its
    evidence against pages counts: `applied`, or `held` when too large a share of the source would have vanished (null:
    written before there was that stop, counts as applied). `changes` is a JSON object of what it changed, see
    `CrawlChanges`. `run_id` is the Dagster run that it belonged to, `code_version` the version of LoreChat and of its
    crawler.
    """

    source = dy.String(nullable=False)
    crawl_id = dy.String(nullable=False, primary_key=True)
    started_at = utc_column()
    finished_at = utc_column()
    outcome = dy.String(nullable=False)
    counts = dy.String(nullable=False)
    settings_hash = sha256_column()
    removals = dy.String(nullable=True)
    changes = dy.String(nullable=True)
    run_id = dy.String(nullable=True)
    code_version = dy.String(nullable=True)

    @dy.rule()
    def removals_are_known(cls) -> pl.Expr:
        return pl.col("removals").is_null() | pl.col("removals").is_in([REMOVALS_APPLIED, REMOVALS_HELD])


CRAWL_LEDGER = Table("crawl_ledger", LedgerEntry)
CRAWLS = Table("crawls", Crawl)
