"""One URL on its way through a crawl."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class Visit:
    """A URL to fetch. `chain` counts links in a row through URLs of one shape, `hops` redirects in a row.

    `own_name` is set when the URL that the page names as its canonical one turned out not to exist: the page is then
    kept under its own URL.
    """

    url: str
    depth: int
    discovered_from: str | None
    chain: int = 0
    hops: int = 0
    own_name: bool = False
