"""What files of the inbox say about a source, written as a crawl writes it: page versions, ledger rows, a crawl's row.

Page versions leave in batches while the files are read. What is said about each URL is kept until the end, since a
later line may say something newer, and written then: so what was cut off counts for nothing and is read again.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, NamedTuple

import polars as pl

from assets.stages.inbox_judge import Ruling
from data_contracts.crawl_changes import CrawlChanges
from data_contracts.crawl_ledger import CRAWL_LEDGER, CRAWLS, REMOVALS_APPLIED, REMOVALS_HELD
from data_contracts.source import Source
from data_contracts.table import Table
from data_contracts.verdict import Verdict
from lake import Lake, current_pages
from scrapers.removal import Losses
from scrapers.revision import code_version

_ROWS_AT_ONCE = 20_000
_PRESENT = [verdict.value for verdict in Verdict if verdict.is_present]


class Stand(NamedTuple):
    """The version of a page that counts, and since when."""

    version: str
    seen_at: datetime


@dataclass(slots=True)
class KnownPages:
    """What the lake knew of a source's pages: those that exist, and all URLs that ever were pages."""

    current: dict[str, Stand]
    ever: set[str]

    @classmethod
    def load(cls, lake: Lake, source: str, *, without: str) -> KnownPages:
        """Read them; what the crawl `without` wrote before it was cut off is not known yet."""
        rows = current_pages(lake, source, without=without).select("url", "page_version_id", "seen_at").collect()
        others = pl.col("verdict").is_in(_PRESENT) & (pl.col("crawl_id") != without)
        seen = lake.scan(CRAWL_LEDGER, source=source).filter(others)
        ever = set(seen.select("url").unique().collect()["url"])
        return cls({url: Stand(version, at) for url, version, at in rows.iter_rows()}, ever)


class Closed(NamedTuple):
    """URLs by verdict, what changed, and the pages that would have gone where that was held."""

    counts: Counter[str]
    changes: CrawlChanges
    held: Losses | None


class InboxCrawl:
    """The words of some files on the URLs of a source; the newest on each counts."""

    def __init__(self, source: Source, name: str, known: KnownPages, part: int = 1) -> None:
        self._source = source
        self._known = known
        self._name = name
        self._part = part
        self._rulings: dict[str, Ruling] = {}
        self._started_at = datetime.now(UTC)
        self.crawl_id = name if part == 1 else f"{name}-{part:06d}"  # sorted as written: the later one counts

    def next_part(self) -> InboxCrawl:
        """Go on with the same files, when the words kept so far are enough for memory."""
        return InboxCrawl(self._source, self._name, self._known, self._part + 1)

    def __len__(self) -> int:
        return len(self._rulings)

    def keep(self, url: str, ruling: Ruling) -> None:
        """Take a word on a URL; of two equally old ones the later counts."""
        known = self._rulings.get(url)
        if known is None or ruling.seen_at >= known.seen_at:
            self._rulings[url] = replace(ruling, facts=None)

    def is_stored(self, url: str, ruling: Ruling) -> bool:
        """Whether the very version is the one that counts already."""
        stand = self._known.current.get(url)
        return stand is not None and stand.version == ruling.version

    def close(self, lake: Lake, *, run_id: str | None, accept_removals: bool) -> Closed:
        """Write ledger and crawl. What speaks against pages counts unless too many would go by it (`removal` of the
        source) and nobody has accepted that."""
        rulings = {url: self._final(url, ruling) for url, ruling in self._rulings.items()}
        counts = Counter(ruling.verdict.value for ruling in rulings.values())
        changes = self._changes(rulings)
        # What was erased is counted, and its address not written again.
        written = {url: ruling for url, ruling in rulings.items() if ruling.verdict is not Verdict.ERASED}
        self._append(lake, CRAWL_LEDGER, [self._entry(url, ruling) for url, ruling in written.items()])
        losses = self._losses(rulings)
        held = losses.are_too_many(self._source) and not accept_removals
        self._append(lake, CRAWLS, [self._end(counts, changes, run_id, held)])
        self._learn(rulings, held)
        return Closed(counts, changes, losses if held else None)

    def _final(self, url: str, ruling: Ruling) -> Ruling:
        if ruling.version is None:
            return ruling
        if ruling.named is not None and self._is_page(ruling.named):
            reason = f"names {ruling.named} as its canonical URL, {ruling.reason}"
            return replace(ruling, verdict=Verdict.DUPLICATE_OF, reason=reason, target_url=ruling.named, version=None)
        if self.is_stored(url, ruling):
            return replace(ruling, verdict=Verdict.UNCHANGED, reason=f"the stored version, {ruling.reason}")
        return ruling

    def _is_page(self, url: str) -> bool:
        """Whether a page stands under its own name: here, or else in the lake."""
        ruling = self._rulings.get(url)
        if ruling is None:
            return url in self._known.current
        return ruling.version is not None and ruling.named is None

    def _changes(self, rulings: Mapping[str, Ruling]) -> CrawlChanges:
        tally = Counter(self._change(url, ruling) for url, ruling in rulings.items())
        present = sum(ruling.version is not None for ruling in rulings.values())
        return CrawlChanges(
            fetched=present,
            unchanged=tally["unchanged"],
            changed=tally["changed"],
            new=tally["new"],
            restored=tally["restored"],
            gone=tally["gone"],
            unknown=tally["unknown"],
        )

    def _change(self, url: str, ruling: Ruling) -> str:
        stand = self._known.current.get(url)
        if stand is not None and ruling.seen_at < stand.seen_at:
            return "older"  # than what counts: it changes nothing
        if ruling.version is None:
            if stand is None:
                return "nothing"
            return "unknown" if ruling.verdict.is_unknown else "gone"
        if stand is None:
            return "restored" if url in self._known.ever else "new"
        return "unchanged" if stand.version == ruling.version else "changed"

    def _losses(self, rulings: Mapping[str, Ruling]) -> Losses:
        """The pages that would answer no more. One that leads to a page is no loss."""
        lost = [
            (url, ruling.reason)
            for url, ruling in rulings.items()
            if self._change(url, ruling) == "gone" and not (ruling.target_url and self._is_page(ruling.target_url))
        ]
        return Losses(before=len(self._known.current), lost=sorted(lost), is_all=False)

    def _learn(self, rulings: Mapping[str, Ruling], held: bool) -> None:
        """Know for the next files what these ones changed."""
        for url, ruling in rulings.items():
            stand = self._known.current.get(url)
            if ruling.verdict.is_unknown or (stand is not None and ruling.seen_at < stand.seen_at):
                continue
            if ruling.version is None and not held:
                self._known.current.pop(url, None)
            elif ruling.version is not None:
                self._known.current[url] = Stand(ruling.version, ruling.seen_at)
                self._known.ever.add(url)

    def _append(self, lake: Lake, table: Table, rows: list[dict[str, Any]]) -> None:
        schema = table.schema.create_empty().drop("source").schema
        for start in range(0, len(rows), _ROWS_AT_ONCE):
            batch = pl.DataFrame(rows[start : start + _ROWS_AT_ONCE], schema=schema)
            lake.append(table, batch, source=self._source.name)

    def _entry(self, url: str, ruling: Ruling) -> dict[str, Any]:
        return {
            "crawl_id": self.crawl_id,
            "url": url,
            "verdict": ruling.verdict.value,
            "reason": ruling.reason,
            "status": ruling.status,
            "page_version_id": ruling.version,
            "target_url": ruling.target_url,
            "discovered_from": None,
            "depth": 0,
            "body_bytes": ruling.size,
            "elapsed_ms": 0,
            "seen_at": ruling.seen_at,
            "etag": None,
            "last_modified": None,
        }

    def _end(self, counts: Mapping[str, int], changes: CrawlChanges, run_id: str | None, held: bool) -> dict[str, Any]:
        return {
            "crawl_id": self.crawl_id,
            "started_at": self._started_at,
            "finished_at": datetime.now(UTC),
            "outcome": "finished",
            "counts": json.dumps(counts),
            "settings_hash": self._source.settings_hash(),
            "removals": REMOVALS_HELD if held else REMOVALS_APPLIED,
            "changes": changes.to_json(),
            "run_id": run_id,
            "code_version": code_version(),
        }
