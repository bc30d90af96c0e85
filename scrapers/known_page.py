"""What the lake knows about a source's pages before a crawl: enough to ask whether they changed, and to go on."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Set
from dataclasses import dataclass
from datetime import datetime, timedelta

import polars as pl

from data_contracts.crawl_ledger import CRAWL_LEDGER, CRAWLS
from data_contracts.page_version import PAGE_VERSIONS
from data_contracts.source import Source
from data_contracts.verdict import Verdict
from lake.current import current_pages
from lake.lake import Lake
from scrapers.revision import code_version
from scrapers.stored_links import read_stored_links

INBOX_PREFIX = "inbox-"  # of the crawl ids of pages that were dropped into the inbox

_PRESENT = [verdict.value for verdict in Verdict if verdict.is_present]
_UNKNOWN = [verdict.value for verdict in Verdict if verdict.is_unknown]
_TRUSTED = timedelta(days=28)  # so long a server's word is taken that nothing has changed
_SPREAD_DAYS = 14
_BATCH_ROWS = 512
_MOST_LOOKS = 3  # crawls that look for a page that is gone and that nothing leads to


@dataclass(frozen=True, slots=True)
class KnownPage:
    """A page that was there once, with its newest version.

    `etag` and `last_modified` are what the server said at last. `links` is None when other settings or another crawler
    judged the page: it must be read anew. `read_at` is when its bytes were last downloaded. `is_present` says that it
    counts as a page now, `is_sought` that it is asked for even if nothing leads to it any more.
    """

    version: str
    body_hash: str
    body_bytes: int
    etag: str | None
    last_modified: str | None
    links: tuple[str, ...] | None
    read_at: datetime
    depth: int
    discovered_from: str | None
    is_present: bool
    is_sought: bool

    def conditions(self, now: datetime) -> dict[str, str]:
        """Return the request headers that ask whether the page is still this version; none when it must be read.

        Some servers say "not modified" of what was modified, so each page is read now and then in any case, not all of
        a site at once.
        """
        spread = timedelta(days=int(self.version[:8], 16) % _SPREAD_DAYS)
        if self.links is None or now - self.read_at > _TRUSTED + spread:
            return {}
        told = {"If-None-Match": self.etag, "If-Modified-Since": self.last_modified}
        return {name: value for name, value in told.items() if value}


def load_known_pages(
    lake: Lake, source: Source, *, ingested: Mapping[str, Verdict], without: str | None
) -> dict[str, KnownPage]:
    """Return the pages that were present once, by URL, as they were before the crawl `without`.

    `ingested` ones are left out: the network has no say in what the inbox brought last.
    """
    crawls = lake.scan(CRAWLS, source=source.name)
    alike = pl.col("settings_hash") == source.settings_hash(), pl.col("code_version") == code_version()
    trusted = set(crawls.filter(*alike).select("crawl_id").collect().to_series())
    rows = _last_seen(lake, source, without).collect(engine="streaming")
    links = _links(lake, source, rows, trusted)
    present = set(current_pages(lake, source.name, without=without).select("url").collect().to_series())
    pages = {}
    for row in rows.drop("stored_by").iter_rows(named=True):
        url, looks, judged_by = row.pop("url"), row.pop("looks"), row.pop("judged_by")
        is_present = url in present
        is_sought = is_present or looks < _MOST_LOOKS
        followed = links.get(row["version"]) if judged_by in trusted else None
        if url not in ingested:
            pages[url] = KnownPage(**row, links=followed, is_present=is_present, is_sought=is_sought)
    return pages


def load_ingested(lake: Lake, source: Source, *, without: str | None) -> dict[str, Verdict]:
    """Return the URLs about which the inbox had the last word, with that word."""
    evidence = _ledger(lake, source, without).filter(~pl.col("verdict").is_in(_UNKNOWN))
    last = evidence.sort("seen_at", "crawl_id").group_by("url").agg(pl.col("crawl_id", "verdict").last())
    dropped = last.filter(pl.col("crawl_id").str.starts_with(INBOX_PREFIX)).select("url", "verdict").collect()
    return {url: Verdict(verdict) for url, verdict in dropped.iter_rows()}


def _last_seen(lake: Lake, source: Source, without: str | None) -> pl.LazyFrame:
    """Each page as the last crawl saw it that found it present, with how many crawls looked in vain since (`looks`)."""
    ledger = _ledger(lake, source, without).sort("seen_at", "crawl_id")
    is_there = pl.col("verdict").is_in(_PRESENT)
    seen = (
        ledger.filter(is_there)
        .group_by("url")
        .agg(
            pl.col("page_version_id", "depth", "discovered_from", "etag", "last_modified", "seen_at").last(),
            judged_by=pl.col("crawl_id").last(),
            read_at=pl.col("seen_at").filter(pl.col("body_bytes") > 0).last(),
        )
    )
    against = ledger.filter(~is_there, ~pl.col("verdict").is_in(_UNKNOWN)).select("url", at="seen_at")
    vain = against.join(seen.select("url", "seen_at"), on="url").filter(pl.col("at") > pl.col("seen_at"))
    versions = lake.scan(PAGE_VERSIONS, source=source.name).select(
        "page_version_id", "body_hash", "body_bytes", "fetched_at", stored_by="crawl_id"
    )
    return (
        seen.join(vain.group_by("url").agg(looks=pl.len()), on="url", how="left")
        .join(versions, on="page_version_id")
        .with_columns(pl.col("read_at").fill_null(pl.col("fetched_at")), pl.col("looks").fill_null(0))
        .drop("seen_at", "fetched_at")
        .rename({"page_version_id": "version"})
    )


def _links(lake: Lake, source: Source, rows: pl.DataFrame, trusted: Set[str]) -> dict[str, tuple[str, ...]]:
    """Links of the versions that may be followed unread, by version: as stored, and read anew where equal bytes were
    stored earlier under other rules. Pages share most of their links, so each URL is held once."""
    judged = rows.filter(pl.col("judged_by").is_in(list(trusted)))
    is_fresh = pl.col("stored_by").is_in(list(trusted))
    links = read_stored_links(lake, source, judged.filter(~is_fresh)["version"])
    keys = judged.filter(is_fresh).select(page_version_id="version")
    for batch in lake.batches(
        PAGE_VERSIONS, keys, source=source.name, columns=["page_version_id", "outlinks"], rows=_BATCH_ROWS
    ):
        links.update((version, tuple(map(sys.intern, urls))) for version, urls in batch.iter_rows())
    return links


def _ledger(lake: Lake, source: Source, without: str | None) -> pl.LazyFrame:
    ledger = lake.scan(CRAWL_LEDGER, source=source.name)
    return ledger if without is None else ledger.filter(pl.col("crawl_id") != without)
