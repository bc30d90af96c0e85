"""From where a crawl came to a URL: page by page back to a start URL or a sitemap."""

from __future__ import annotations

import polars as pl

from data_contracts.crawl_ledger import CRAWL_LEDGER
from lake.lake import Lake

_LONGEST = 60


def discovery_chain(lake: Lake, url: str, source: str) -> tuple[str, ...]:
    """Return the URL, the page that linked to it, the page that linked to that, and so on to a start URL or sitemap.

    Empty when no crawl saw the URL. The newest crawl that names a linking page is believed; a recrawl also visits what
    it knows already, and such rows name none.
    """
    ledger = lake.scan(CRAWL_LEDGER, source=source).select("url", "discovered_from", "seen_at")
    if ledger.filter(pl.col("url") == url).select(pl.len()).collect().item() == 0:
        return ()
    linking = _linking_pages(ledger)
    chain = [url]
    while (parent := _parent(linking, chain[-1])) is not None and parent not in chain and len(chain) < _LONGEST:
        chain.append(parent)
    return tuple(chain)


def _linking_pages(ledger: pl.LazyFrame) -> pl.DataFrame:
    linked = ledger.filter(pl.col("discovered_from").is_not_null()).sort("seen_at")
    return linked.unique("url", keep="last", maintain_order=True).select("url", "discovered_from").collect()


def _parent(linking: pl.DataFrame, url: str) -> str | None:
    found = linking.filter(pl.col("url") == url)["discovered_from"]
    return str(found[0]) if len(found) else None
