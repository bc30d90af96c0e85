"""The decisions of a running crawl: one per URL, counted, and handed to the store as ledger rows."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime

from data_contracts.verdict import Verdict
from scrapers.store import CrawlStore
from scrapers.visit import Visit

_PAGES = frozenset({Verdict.FETCHED, Verdict.UNCHANGED, Verdict.DUPLICATE_OF, Verdict.NOINDEX, Verdict.LANGUAGE})


class Ledger:
    """Verdicts by URL. `written` are the rows that the lake has already from before an interruption."""

    def __init__(self, store: CrawlStore, source: str, crawl_id: str, written: frozenset[str]) -> None:
        self._store = store
        self._source = source
        self._crawl_id = crawl_id
        self._written = written
        self._verdicts: dict[str, Verdict] = {}
        self._targets: dict[str, str] = {}
        self.counts: Counter[Verdict] = Counter()
        self.errors: Counter[str] = Counter()

    def decide(
        self,
        visit: Visit,
        verdict: Verdict,
        reason: str,
        *,
        status: int | None = None,
        page_version_id: str | None = None,
        target_url: str | None = None,
        body_bytes: int = 0,
        seconds: float = 0.0,
    ) -> None:
        """Record the decision on a URL; the first one stands."""
        if visit.url in self._verdicts:
            return
        self._verdicts[visit.url] = verdict
        if target_url is not None:
            self._targets[visit.url] = target_url
        self.counts[verdict] += 1
        if verdict is Verdict.ERROR:
            self.errors[reason] += 1
        if visit.url in self._written:
            return
        self._store.add_ledger(
            {
                "source": self._source,
                "crawl_id": self._crawl_id,
                "url": visit.url,
                "verdict": verdict.value,
                "reason": reason,
                "status": status,
                "page_version_id": page_version_id,
                "target_url": target_url,
                "discovered_from": visit.discovered_from,
                "depth": visit.depth,
                "body_bytes": body_bytes,
                "elapsed_ms": round(seconds * 1000),
                "seen_at": datetime.now(UTC),
            }
        )

    def verdict(self, url: str) -> Verdict | None:
        """Return the decision on a URL, None while there is none."""
        return self._verdicts.get(url)

    def resolve(self, url: str) -> str:
        """Follow duplicates to the URL that stands for them."""
        seen = {url}
        while self._verdicts.get(url) is Verdict.DUPLICATE_OF and self._targets[url] not in seen:
            url = self._targets[url]
            seen.add(url)
        return url

    @property
    def decided(self) -> int:
        """URLs with a decision."""
        return len(self._verdicts)

    @property
    def pages(self) -> int:
        """HTML pages that answered: what the source's page limit counts."""
        return sum(self.counts[verdict] for verdict in _PAGES)

    @property
    def present(self) -> int:
        """Pages that exist under their own URL."""
        return sum(count for verdict, count in self.counts.items() if verdict.is_present)
