"""What a source's pages are in numbers, as Dagster shows them and as monitoring reads them."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import dagster as dg

if TYPE_CHECKING:
    from assets.stages.page_age import PageAges
    from data_contracts.crawl_changes import CrawlChanges

_COUNTED = ("fetched", "changed", "new", "gone", "unknown")


def arrival_metadata(changes: CrawlChanges, ages: PageAges | None) -> dict[str, dg.MetadataValue[Any]]:
    """How many pages changed in which way, and when the pages that exist were last seen to be there."""
    counts = asdict(changes)
    metadata: dict[str, dg.MetadataValue[Any]] = {
        f"pages {name}": dg.MetadataValue.int(counts[name]) for name in _COUNTED
    }
    if ages is not None:
        metadata["oldest page seen at"] = dg.MetadataValue.timestamp(ages.oldest)
        metadata["median page seen at"] = dg.MetadataValue.timestamp(ages.median)
    return metadata
