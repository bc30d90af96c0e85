"""How long ago the pages of a source were seen to be there."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from lake import Lake, current_pages


@dataclass(frozen=True, slots=True)
class PageAges:
    """When the page that was longest out of sight was last seen, and the page in the middle."""

    oldest: datetime
    median: datetime


def page_ages(lake: Lake, source: str) -> PageAges | None:
    """Return the ages of the pages that exist; None where there is none."""
    seen = current_pages(lake, source).select("seen_at").sort("seen_at").collect()["seen_at"]
    return PageAges(seen[0], seen[(len(seen) - 1) // 2]) if len(seen) else None
