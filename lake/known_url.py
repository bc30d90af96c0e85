"""URLs that the crawls of a source saw: how a URL that a person typed is spelled there, and which ones are like it."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import SequenceMatcher
from urllib.parse import unquote, urlsplit

import polars as pl

from data_contracts.crawl_ledger import CRAWL_LEDGER, CRAWLS
from data_contracts.page_version import PAGE_VERSIONS
from lake.lake import Lake

_COMPARED = 2_000


def known_sources(lake: Lake) -> list[str]:
    """Return the sources that a crawl saw, sorted."""
    return sorted(lake.scan(CRAWLS).select("source").unique().collect()["source"])


def known_urls(lake: Lake, source: str) -> pl.Series:
    """Return every URL that a crawl of the source decided on or stored, sorted."""
    seen = lake.scan(CRAWL_LEDGER, source=source).select("url")
    stored = lake.scan(PAGE_VERSIONS, source=source).select("url")
    return pl.concat([seen, stored]).unique().sort("url").collect(engine="streaming")["url"]


def known_spelling(known: pl.Series, url: str) -> str | None:
    """Return the known URL that `url` means, None when there is none.

    Scheme, case, fragment, percent-encoding, `www.`, a final slash and `index.html` make no difference here: a person
    copies an address from anywhere.
    """
    if (known == url).any():
        return url
    wanted = _loose(url)
    host = wanted.split("/", 1)[0]
    candidates = known.filter(known.str.to_lowercase().str.contains(host, literal=True)) if host else known
    found = [candidate for candidate in candidates if _loose(candidate) == wanted]
    return min(found, key=len) if found else None


def nearest_urls(known: pl.Series, url: str, limit: int = 5) -> list[str]:
    """Return the known URLs most like `url`, best first: those with the longest path in common, then by similarity
    (Ratcliff and Obershelp, as difflib has it). At most 2,000 are compared."""
    wanted = _loose(url)
    prefix = wanted
    candidates: Sequence[str] = []
    loose = {candidate: _loose(candidate) for candidate in known}
    while prefix and len(candidates) < limit:
        prefix = prefix.rpartition("/")[0]
        candidates = [candidate for candidate, text in loose.items() if text.startswith(prefix)]
    matcher = SequenceMatcher(b=wanted, autojunk=False)
    ratios = []
    for candidate in candidates[:_COMPARED]:
        matcher.set_seq1(loose[candidate])
        ratios.append((-matcher.ratio(), len(candidate), candidate))
    return [candidate for _, _, candidate in sorted(ratios)[:limit]]


def _loose(url: str) -> str:
    """A URL without what people spell differently."""
    text = url.strip()
    try:
        parts = urlsplit(text if "://" in text else f"http://{text}")
    except ValueError:  # brackets that are no address
        return text
    path = unquote(parts.path).removesuffix("index.html").rstrip("/")
    host = parts.netloc.lower().removeprefix("www.")
    return f"{host}{path}" + (f"?{parts.query}" if parts.query else "")
