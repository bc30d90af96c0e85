"""How many pages of a source are in which state between two stages, from the first URL seen to the live release."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import polars as pl

from data_contracts.chunk import CHUNKS
from data_contracts.crawl_ledger import CRAWL_LEDGER
from data_contracts.document import DOCUMENTS
from data_contracts.quarantine import QUARANTINE
from data_contracts.verdict import Verdict
from lake.current import current_pages
from lake.lake import Lake

_OUTSIDE = (Verdict.OUT_OF_SCOPE.value, Verdict.PRIVATE_ADDRESS.value)
_ALIASES = (Verdict.DUPLICATE_OF.value, Verdict.REDIRECTED.value)
_GONE = (Verdict.GONE.value, Verdict.SOFT_404.value, Verdict.ERASED.value)
_UNKNOWN = tuple(verdict.value for verdict in Verdict if verdict.is_unknown)


@dataclass(frozen=True, slots=True)
class FlowCounts:
    """Pages of a source by state; each level's numbers add up to a number of the level before.

    Of the URLs in scope, `fetched`, `unchanged` and `kept` are pages that exist (kept: the newest crawl could not see
    them, or its removals are held, and they answer from their last version); `aliases`, `refused`, `gone` and
    `unreachable` (never seen) are not pages. `outside` URLs are out of scope and left out. Of the pages, `cleaned` have
    a document (or answer from the version before, since the newest was rejected), `quarantined` were rejected,
    `uncleaned` wait. Of the cleaned, `cut` have chunks and `uncut` none. Of the cut, `live` are in the live release and
    `unpublished` not. `stale` pages are in the live release and not among the cut ones any more.
    """

    source: str
    fetched: int = 0
    unchanged: int = 0
    kept: int = 0
    aliases: int = 0
    refused: int = 0
    gone: int = 0
    unreachable: int = 0
    outside: int = 0
    cleaned: int = 0
    quarantined: int = 0
    uncleaned: int = 0
    cut: int = 0
    uncut: int = 0
    live: int = 0
    unpublished: int = 0
    stale: int = 0

    @property
    def pages(self) -> int:
        """Pages that exist."""
        return self.fetched + self.unchanged + self.kept

    @property
    def seen(self) -> int:
        """URLs in scope."""
        return self.pages + self.aliases + self.refused + self.gone + self.unreachable


def flow_counts(lake: Lake, source: str, live_urls: Collection[str] = ()) -> FlowCounts:
    """Count a source's pages by state; `live_urls` are those with passages in the live release.

    Only names of rows are read, never bytes or markdown.
    """
    pages = current_pages(lake, source).select("url", "page_version_id").collect()
    documents = _documents(lake, source, pages)
    cut = _cut(lake, source, documents)
    rejected = _rejected(lake, source, pages, documents)
    is_live = pl.col("url").is_in(list(live_urls))
    earlier = rejected.filter(is_live).height  # put aside, and answering from the version before
    live = cut.filter(is_live).height + earlier
    own = documents["url"].n_unique()
    return FlowCounts(
        source=source,
        **_states(lake, source, pages),
        cleaned=own + earlier,
        quarantined=rejected.height - earlier,
        uncleaned=pages.height - own - rejected.height,
        cut=cut.height + earlier,
        uncut=own - cut.height,
        live=live,
        unpublished=cut.height + earlier - live,
        stale=len(set(live_urls)) - live,
    )


def _states(lake: Lake, source: str, pages: pl.DataFrame) -> dict[str, int]:
    """The newest verdict of every URL, as a state."""
    ledger = lake.scan(CRAWL_LEDGER, source=source).select("url", "verdict", "seen_at").sort("seen_at")
    newest = ledger.unique("url", keep="last", maintain_order=True).collect(engine="streaming")
    exists = pl.col("url").is_in(pages["url"].implode())
    verdict = pl.col("verdict")
    state = (
        pl.when(exists & verdict.is_in([Verdict.FETCHED.value, Verdict.UNCHANGED.value]))
        .then(verdict)
        .when(exists)
        .then(pl.lit("kept"))
        .when(verdict.is_in(_OUTSIDE))
        .then(pl.lit("outside"))
        .when(verdict.is_in(_ALIASES))
        .then(pl.lit("aliases"))
        .when(verdict.is_in(_GONE))
        .then(pl.lit("gone"))
        .when(verdict.is_in(_UNKNOWN))
        .then(pl.lit("unreachable"))
        .otherwise(pl.lit("refused"))
    )
    counts: dict[str, int] = dict(newest.select(state=state).group_by("state").len().iter_rows())
    return counts


def _documents(lake: Lake, source: str, pages: pl.DataFrame) -> pl.DataFrame:
    """url and markdown_hash of the pages' documents, under whatever extractor."""
    documents = lake.scan(DOCUMENTS, source=source).select("page_version_id", "url", "markdown_hash")
    return documents.join(pages.lazy(), on=["page_version_id", "url"], how="semi").unique().collect(engine="streaming")


def _cut(lake: Lake, source: str, documents: pl.DataFrame) -> pl.DataFrame:
    chunks = lake.scan(CHUNKS, source=source).select("url", "markdown_hash")
    found = chunks.join(documents.lazy(), on=["url", "markdown_hash"], how="semi").select("url").unique()
    return found.collect(engine="streaming")


def _rejected(lake: Lake, source: str, pages: pl.DataFrame, documents: pl.DataFrame) -> pl.DataFrame:
    """Pages without a document whose current version is in quarantine."""
    named = pl.col("row").str.json_path_match("$.page_version_id").alias("page_version_id")
    rows = lake.scan(QUARANTINE, source=source).select(named).drop_nulls().unique().collect()
    waiting = pages.join(documents, on="url", how="anti")
    return waiting.join(rows, on="page_version_id", how="semi")
