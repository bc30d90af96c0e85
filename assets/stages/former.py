"""What a source's pages said in the release that answers now."""

from __future__ import annotations

from datetime import datetime

import polars as pl

from assets.steps.measure import letters
from data_contracts.document import DOCUMENTS
from data_contracts.index_release import INDEX_RELEASES
from data_contracts.release_event import RELEASE_EVENTS, ReleaseEventKind
from lake import Lake


def former_documents(lake: Lake, source: str) -> pl.DataFrame:
    """Return url, letters and language of each page's document when the live release was built; empty without one.

    A page's document then is its newest that was there; documents without blocks (of older versions) are left out.
    """
    built_at = _live_since(lake, source)
    if built_at is None:
        return pl.DataFrame(schema={"url": pl.String, "letters": pl.Int64, "language": pl.String})
    rows = lake.scan(DOCUMENTS, source=source).filter(
        pl.col("extracted_at") <= built_at, pl.col("blocks").is_not_null()
    )
    newest = rows.select("url", "extracted_at", "language", letters().cast(pl.Int64)).collect(engine="streaming")
    return newest.sort("extracted_at").unique("url", keep="last", maintain_order=True).drop("extracted_at")


def _live_since(lake: Lake, source: str) -> datetime | None:
    """When the live release was built."""
    releases = lake.scan(INDEX_RELEASES, source=source).select("release_id", "built_at").collect()
    live = (
        lake.scan(RELEASE_EVENTS, source=source)
        .filter(pl.col("event") != ReleaseEventKind.REFUSED.value)
        .sort("at")
        .select("release_id")
        .tail(1)
        .collect()
    )
    known = releases.join(live, on="release_id", how="semi") if not live.is_empty() else releases
    newest: datetime | None = known["built_at"].max()  # type: ignore[assignment]  # a column of instants
    return newest
