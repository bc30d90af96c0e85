"""What the lake knows before a crawl begins: known pages, stored versions, and the rows of a crawl that was cut off."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

import polars as pl

from data_contracts.crawl_ledger import CRAWL_LEDGER, CRAWLS
from data_contracts.page_version import PAGE_VERSIONS
from data_contracts.source import Source
from data_contracts.verdict import Verdict
from lake.erased import ErasedUrls, erased_urls
from lake.lake import Lake
from scrapers.known_page import INBOX_PREFIX, KnownPage, load_ingested, load_known_pages
from scrapers.stored_links import read_stored_links


@dataclass(frozen=True, slots=True)
class Decided:
    """A URL's row in the crawl that is continued, with the links of its page.

    `links` is None when they cannot be had from the lake: the page must be fetched again to follow them.
    """

    verdict: Verdict
    reason: str
    version: str | None
    target_url: str | None
    body_bytes: int
    body_hash: str | None
    links: tuple[str, ...] | None


@dataclass(frozen=True, slots=True)
class History:
    """What was there before: `versions` maps each stored page version of the source to the crawl that brought it,
    `known` the URLs that were pages once to those pages, `ingested` the URLs that the inbox brought to its word on
    them. `decided` are the rows of this very crawl, when it was cut off and is continued. `erased` URLs stay out."""

    crawl_id: str
    started_at: datetime
    resumed: bool
    versions: Mapping[str, str] = field(default_factory=dict)
    known: Mapping[str, KnownPage] = field(default_factory=dict)
    ingested: Mapping[str, Verdict] = field(default_factory=dict)
    decided: Mapping[str, Decided] = field(default_factory=dict)
    erased: ErasedUrls = field(default_factory=ErasedUrls)


def load_history(lake: Lake, source: Source) -> History:
    """Return the crawl to continue (the latest one, if it has rows and none in `crawls`) or a new one."""
    versions = lake.scan(PAGE_VERSIONS, source=source.name).select("page_version_id", "crawl_id").collect()
    stored = dict(versions.iter_rows())
    erased = erased_urls(lake, source.name)
    cut_off, started_at = _cut_off(lake, source.name)
    ingested = load_ingested(lake, source, without=cut_off)
    known = load_known_pages(lake, source, ingested=ingested, without=cut_off)
    if cut_off is None or started_at is None:
        now = datetime.now(UTC)
        new = f"{now:%Y%m%dT%H%M%S}Z-{secrets.token_hex(4)}"
        return History(new, now, False, stored, known, ingested, erased=erased)
    return History(cut_off, started_at, True, stored, known, ingested, _decided(lake, source, cut_off, known), erased)


def _cut_off(lake: Lake, source: str) -> tuple[str | None, datetime | None]:
    """The latest crawl, if it did not finish. One that was killed between its first page versions and their ledger
    rows is known by its page versions alone. What the inbox brings is no crawl."""
    seen = lake.scan(CRAWL_LEDGER, source=source).select("crawl_id", at="seen_at")
    stored = lake.scan(PAGE_VERSIONS, source=source).select("crawl_id", at="fetched_at")
    crawls = (
        pl.concat([seen, stored])
        .filter(~pl.col("crawl_id").str.starts_with(INBOX_PREFIX))
        .group_by("crawl_id")
        .agg(first=pl.col("at").min(), last=pl.col("at").max())
        .collect()
    )
    if crawls.is_empty():
        return None, None
    crawl_id, first, _ = crawls.sort("last", "crawl_id").row(-1)
    finished = lake.scan(CRAWLS, source=source).filter(pl.col("crawl_id") == crawl_id).collect()
    return (crawl_id, first) if finished.is_empty() else (None, None)


def _decided(lake: Lake, source: Source, crawl_id: str, known: Mapping[str, KnownPage]) -> dict[str, Decided]:
    rows = (
        lake.scan(CRAWL_LEDGER, source=source.name)
        .filter(pl.col("crawl_id") == crawl_id)
        .select("url", "verdict", "reason", "page_version_id", "target_url", "body_bytes")
        .collect()
    )
    hashes, links = _stored(lake, source, crawl_id, rows, known)
    decided = {}
    for url, verdict, reason, version, target, size in rows.iter_rows():
        followed = links.get(url, () if version is None and _has_no_links(Verdict(verdict)) else None)
        decided[url] = Decided(Verdict(verdict), reason, version, target, size, hashes.get(version), followed)
    return decided


def _has_no_links(verdict: Verdict) -> bool:
    """Whether nothing was followed from a URL with that verdict, or only its recorded target."""
    return verdict not in (Verdict.FETCHED, Verdict.UNCHANGED, Verdict.DUPLICATE_OF, Verdict.NOINDEX, Verdict.LANGUAGE)


def _stored(
    lake: Lake, source: Source, crawl_id: str, rows: pl.DataFrame, known: Mapping[str, KnownPage]
) -> tuple[dict[str | None, str], dict[str, tuple[str, ...]]]:
    """Body hash by version, and links by URL; those of pages from other crawls are read anew, as rules may differ."""
    wanted = rows.filter(pl.col("page_version_id").is_not_null()).select("url", "page_version_id")
    versions = lake.scan(PAGE_VERSIONS, source=source.name).join(
        wanted.lazy().select("page_version_id").unique(), on="page_version_id", how="semi"
    )
    facts = versions.select("page_version_id", "url", "crawl_id", "body_hash", "outlinks").collect()
    hashes: dict[str | None, str] = dict(facts.select("page_version_id", "body_hash").iter_rows())
    fresh = facts.filter(pl.col("crawl_id") == crawl_id).join(wanted, on=["page_version_id", "url"], how="semi")
    links = {url: tuple(outlinks) for url, outlinks in fresh.select("url", "outlinks").iter_rows()}
    for url, version in wanted.iter_rows():
        page = known.get(url)
        if page is not None and page.version == version and page.links is not None:
            links.setdefault(url, page.links)
    others = wanted.filter(~pl.col("url").is_in(list(links)))
    read = read_stored_links(lake, source, others["page_version_id"])
    return hashes, links | {url: read[version] for url, version in others.iter_rows() if version in read}
