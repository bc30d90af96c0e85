"""One URL on its way through a crawl."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class Visit:
    """A URL to fetch. `chain` counts links in a row through URLs of one shape, `hops` redirects in a row.

    `own_name` is set when the URL that the page names as its canonical one turned out not to exist: the page is then
    kept under its own URL. `is_conditional` says that the request named the stored version, so that 304 is an answer
    to it; `is_second_look` that a page seemed to be gone before in this crawl.
    """

    url: str
    depth: int
    discovered_from: str | None
    chain: int = 0
    hops: int = 0
    own_name: bool = False
    is_conditional: bool = False
    is_second_look: bool = False
