"""What was erased on request and stays out, known by hash alone."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import UTC, datetime

import polars as pl

from data_contracts.erasure import ERASURES, WHOLE_SOURCE
from data_contracts.identity import text_hash
from lake.lake import Lake


class ErasedUrls:
    """The canonical URLs of a source that are not to be fetched again: ask with `url in erased`."""

    def __init__(self, hashes: Collection[str] = ()) -> None:
        self._hashes = frozenset(hashes)
        self._all = text_hash(WHOLE_SOURCE) in self._hashes

    def __contains__(self, url: str) -> bool:
        return self._all or (bool(self._hashes) and text_hash(url) in self._hashes)

    def __len__(self) -> int:
        return len(self._hashes)


def erased_urls(lake: Lake, source: str) -> ErasedUrls:
    """Return what of a source was erased and not let in again."""
    rows = lake.scan(ERASURES, source=source).sort("at", "is_out").unique("url_hash", keep="last", maintain_order=True)
    return ErasedUrls(rows.filter(pl.col("is_out")).select("url_hash").collect()["url_hash"].to_list())


def keep_out(lake: Lake, source: str, urls: Iterable[str], *, is_out: bool = True) -> int:
    """Write down that URLs stay out, or with `is_out` false that they may come in again; return for how many that is
    news. `WHOLE_SOURCE` stands for all that a source has and will have."""
    known = erased_urls(lake, source)
    news = [url for url in dict.fromkeys(urls) if (url in known) is not is_out]
    now = datetime.now(UTC)
    rows = [{"url_hash": text_hash(url), "at": now, "is_out": is_out} for url in news]
    schema = ERASURES.schema.create_empty().drop("source").schema
    return lake.append(ERASURES, pl.DataFrame(rows, schema=schema), source=source).added if rows else 0
