"""Links of stored pages, read anew from their bytes."""

from __future__ import annotations

import json

import polars as pl

from data_contracts.page_version import PAGE_VERSIONS
from data_contracts.source import Source
from lake.lake import Lake
from scrapers.page import read_page


def read_stored_links(lake: Lake, source: Source, versions: pl.Series) -> dict[str, tuple[str, ...]]:
    """Return the links of page versions by their id, as the source's present rules spell them."""
    links: dict[str, tuple[str, ...]] = {}
    keys = pl.DataFrame({"page_version_id": versions.unique()})
    columns = ["page_version_id", "fetched_url", "body", "content_type", "headers"]
    for batch in lake.batches(PAGE_VERSIONS, keys, source=source.name, columns=columns, rows=32):
        for row in batch.to_dicts():
            facts = read_page(
                row["body"],
                url=row["fetched_url"],
                content_type=row["content_type"],
                robots_header=json.loads(row["headers"]).get("x-robots-tag", ""),
                rules=source.urls,
            )
            links[row["page_version_id"]] = facts.links
    return links
