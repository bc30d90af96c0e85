"""What the lake knows before a crawl begins: stored versions, and the rows of a crawl that was cut off."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

import polars as pl

from data_contracts.crawl_ledger import CRAWL_LEDGER, CRAWLS
from data_contracts.page_version import PAGE_VERSIONS
from data_contracts.source import Source
from data_contracts.verdict import Verdict
from lake.lake import Lake
from scrapers.page import read_page


@dataclass(frozen=True, slots=True)
class Decided:
    """A URL's row in the crawl that is continued, with the links of its page.

    `links` is None when they cannot be had from the lake: the page must be fetched again to follow them.
    """

    verdict: Verdict
    target_url: str | None
    body_hash: str | None
    links: tuple[str, ...] | None


@dataclass(frozen=True, slots=True)
class History:
    """`versions` maps each stored page version of the source to the crawl that brought it."""

    crawl_id: str
    started_at: datetime
    resumed: bool
    versions: Mapping[str, str] = field(default_factory=dict)
    decided: Mapping[str, Decided] = field(default_factory=dict)


def load_history(lake: Lake, source: Source) -> History:
    """Return the crawl to continue (the latest one, if it has rows and none in `crawls`) or a new one."""
    versions = lake.scan(PAGE_VERSIONS, source=source.name).select("page_version_id", "crawl_id").collect()
    known = dict(versions.iter_rows())
    crawl_id, started_at = _cut_off(lake, source.name)
    if crawl_id is None or started_at is None:
        now = datetime.now(UTC)
        return History(f"{now:%Y%m%dT%H%M%S}Z-{secrets.token_hex(4)}", now, False, known)
    return History(crawl_id, started_at, True, known, _decided(lake, source, crawl_id))


def _cut_off(lake: Lake, source: str) -> tuple[str | None, datetime | None]:
    """The latest crawl, if it did not finish. One that was killed between its first page versions and their ledger
    rows is known by its page versions alone."""
    seen = lake.scan(CRAWL_LEDGER, source=source).select("crawl_id", at="seen_at")
    stored = lake.scan(PAGE_VERSIONS, source=source).select("crawl_id", at="fetched_at")
    crawls = (
        pl.concat([seen, stored]).group_by("crawl_id").agg(first=pl.col("at").min(), last=pl.col("at").max()).collect()
    )
    if crawls.is_empty():
        return None, None
    crawl_id, first, _ = crawls.sort("last", "crawl_id").row(-1)
    finished = lake.scan(CRAWLS, source=source).filter(pl.col("crawl_id") == crawl_id).collect()
    return (crawl_id, first) if finished.is_empty() else (None, None)


def _decided(lake: Lake, source: Source, crawl_id: str) -> dict[str, Decided]:
    rows = (
        lake.scan(CRAWL_LEDGER, source=source.name)
        .filter(pl.col("crawl_id") == crawl_id)
        .select("url", "verdict", "page_version_id", "target_url")
        .collect()
    )
    hashes, links = _stored(lake, source, crawl_id, rows)
    decided = {}
    for url, verdict, version, target in rows.iter_rows():
        known = links.get(url, () if version is None and _has_no_links(Verdict(verdict)) else None)
        decided[url] = Decided(Verdict(verdict), target, hashes.get(version), known)
    return decided


def _has_no_links(verdict: Verdict) -> bool:
    """Whether nothing was followed from a URL with that verdict, or only its recorded target."""
    return verdict not in (Verdict.FETCHED, Verdict.UNCHANGED, Verdict.DUPLICATE_OF, Verdict.NOINDEX, Verdict.LANGUAGE)


def _stored(
    lake: Lake, source: Source, crawl_id: str, rows: pl.DataFrame
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
    others = wanted.filter(~pl.col("url").is_in(list(links)))
    links.update(_read_again(lake, source, others))
    return hashes, links


def _read_again(lake: Lake, source: Source, wanted: pl.DataFrame) -> dict[str, tuple[str, ...]]:
    links: dict[str, tuple[str, ...]] = {}
    keys = wanted.select("page_version_id").unique()
    columns = ["page_version_id", "body", "content_type", "headers"]
    for batch in lake.batches(PAGE_VERSIONS, keys, source=source.name, columns=columns, rows=32):
        for row in batch.join(wanted, on="page_version_id").to_dicts():
            facts = read_page(
                row["body"],
                url=row["url"],
                content_type=row["content_type"],
                robots_header=json.loads(row["headers"]).get("x-robots-tag", ""),
                rules=source.urls,
            )
            links[row["url"]] = facts.links
    return links
