"""Pages of the last crawl that were none: walls and soft 404s that the crawler met, and what cleaning put aside."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from assets.stages.false_page import FALSE_PAGE, FAULTS_OF_THE_DAY
from data_contracts.crawl_ledger import CRAWL_LEDGER
from data_contracts.page_version import PAGE_VERSIONS
from data_contracts.quarantine import QUARANTINE
from data_contracts.verdict import Verdict
from lake import Lake, current_pages

_LOGIN = "is a login"


@dataclass(frozen=True, slots=True)
class Sighting:
    """A URL that did not show a page: `kind` is the crawler's verdict, or the rule that cleaning named."""

    url: str
    kind: str
    reason: str


@dataclass(frozen=True, slots=True)
class Sightings:
    """`pages` is how many pages the last crawl saw; `false_pages` what was met instead of one, `put_aside` the faulty
    pages in quarantine that are still the current ones."""

    pages: int
    false_pages: Sequence[Sighting]
    put_aside: Sequence[Sighting]


def false_sightings(lake: Lake, source: str) -> Sightings:
    """Read the last crawl's ledger and the quarantine.

    A soft 404 counts where a page was before, since a dead link says nothing about the site's pages; so does a login.
    """
    ledger = lake.scan(CRAWL_LEDGER, source=source)
    newest = ledger.select("crawl_id", "seen_at").top_k(1, by="seen_at").collect()
    aside = _put_aside(lake, source)
    false_pages = [one for one in aside if one.kind == FALSE_PAGE]
    if newest.is_empty():
        return Sightings(0, false_pages, aside)
    last = ledger.filter(pl.col("crawl_id") == newest["crawl_id"][0]).select("url", "verdict", "reason").collect()
    there = last.filter(pl.col("verdict").is_in([verdict.value for verdict in Verdict if verdict.is_present])).height
    met = last.filter(pl.col("verdict").is_in([Verdict.CHALLENGE.value, Verdict.SOFT_404.value])).sort("url")
    if not met.is_empty():
        known = set(lake.scan(PAGE_VERSIONS, source=source).select("url").collect()["url"])
        rows = met.select("url", "verdict", "reason").iter_rows()
        false_pages += [Sighting(*row) for row in rows if row[0] in known or _counts(row[1], row[2])]
    return Sightings(there, false_pages, aside)


def _counts(verdict: str, reason: str) -> bool:
    """Whether something that was never a page is held against the site: a wall, but neither a login nor a dead link."""
    return verdict == Verdict.CHALLENGE.value and _LOGIN not in reason


def _put_aside(lake: Lake, source: str) -> list[Sighting]:
    rows = lake.scan(QUARANTINE, source=source).filter(pl.col("rule").is_in(FAULTS_OF_THE_DAY))
    fields = [pl.col("row").str.json_path_match(f"$.{name}").alias(name) for name in ("page_version_id", "url")]
    found = rows.select(*fields, "rule", "reason").collect()
    if found.is_empty():
        return []
    current = current_pages(lake, source).select("page_version_id").collect()
    still = found.join(current, on="page_version_id", how="semi").unique("page_version_id").sort("url")
    return [Sighting(*row) for row in still.select("url", "rule", "reason").iter_rows()]
