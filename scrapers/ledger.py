"""The decisions of a running crawl: one per URL, counted, and handed to the store as ledger rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import NamedTuple

from data_contracts.verdict import Verdict
from lake.erased import ErasedUrls
from scrapers.store import CrawlStore
from scrapers.visit import Visit

_PAGES = frozenset({Verdict.FETCHED, Verdict.UNCHANGED, Verdict.DUPLICATE_OF, Verdict.NOINDEX, Verdict.LANGUAGE})
_LEADS_ON = frozenset({Verdict.DUPLICATE_OF, Verdict.REDIRECTED, Verdict.MOVED_FOR_NOW})


class Decision(NamedTuple):
    """What was decided on a URL. `body_bytes` were downloaded."""

    verdict: Verdict
    reason: str
    version: str | None
    target_url: str | None
    body_bytes: int


class Ledger:
    """Decisions by URL. `written` are the rows that the lake has already from before an interruption; `presumed` are
    verdicts on URLs that this crawl does not ask for, and has no rows for. `erased` URLs are counted when they are met,
    and written nowhere."""

    def __init__(
        self,
        store: CrawlStore,
        source: str,
        crawl_id: str,
        written: frozenset[str],
        presumed: Mapping[str, Verdict],
        erased: ErasedUrls,
    ) -> None:
        self.erased = erased
        self._store = store
        self._source = source
        self._crawl_id = crawl_id
        self._written = written
        self._presumed = presumed
        self._decisions: dict[str, Decision] = {}
        self.counts: Counter[Verdict] = Counter()
        self.errors: Counter[str] = Counter()
        self.walls: Counter[str] = Counter()

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
        etag: str | None = None,
        last_modified: str | None = None,
    ) -> None:
        """Record the decision on a URL; the first one stands."""
        if visit.url in self._decisions or visit.url in self._presumed:
            return
        self._decisions[visit.url] = Decision(verdict, reason, page_version_id, target_url, body_bytes)
        self.counts[verdict] += 1
        if verdict is Verdict.ERROR:
            self.errors[reason] += 1
        if verdict is Verdict.CHALLENGE:
            self.walls[reason] += 1
        if visit.url in self._written or verdict is Verdict.ERASED:
            return
        if target_url is not None and target_url in self.erased:
            target_url, reason = None, "leads to a page that was erased"
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
                "discovered_from": None if (visit.discovered_from or "") in self.erased else visit.discovered_from,
                "depth": visit.depth,
                "body_bytes": body_bytes,
                "elapsed_ms": round(seconds * 1000),
                "seen_at": datetime.now(UTC),
                "etag": etag,
                "last_modified": last_modified,
            }
        )

    def decision(self, url: str) -> Decision | None:
        """Return this crawl's decision on a URL, None while there is none."""
        return self._decisions.get(url)

    def verdict(self, url: str) -> Verdict | None:
        """Return the decision on a URL, or what is presumed of it; None while there is neither."""
        decision = self._decisions.get(url)
        return decision.verdict if decision is not None else self._presumed.get(url)

    def resolve(self, url: str) -> str:
        """Follow duplicates to the URL that stands for them."""
        return self._follow(url, frozenset({Verdict.DUPLICATE_OF}))

    def destination(self, url: str) -> str:
        """Follow duplicates and redirects to where they end."""
        return self._follow(url, _LEADS_ON)

    def _follow(self, url: str, through: frozenset[Verdict]) -> str:
        seen = {url}
        while (decision := self._decisions.get(url)) is not None and decision.verdict in through:
            if decision.target_url is None or decision.target_url in seen:
                break
            url = decision.target_url
            seen.add(url)
        return url

    def is_unknown(self, url: str) -> bool:
        """Whether this crawl has nothing to say about a URL."""
        decision = self._decisions.get(url)
        return decision is None or decision.verdict.is_unknown

    def speaks_against(self, url: str) -> bool:
        """Whether this crawl has evidence that a URL is no page of its own (any more)."""
        decision = self._decisions.get(url)
        return decision is not None and not decision.verdict.is_unknown and not decision.verdict.is_present

    def answers(self, url: str) -> bool:
        """Whether the content of a URL is that of a page that is there: the URL's own, or where it leads."""
        verdict = self.verdict(self.destination(url))
        return verdict is not None and verdict.is_present

    def not_modified(self) -> Iterator[str]:
        """URLs whose bytes the server did not send because they are stored already."""
        for url, decision in self._decisions.items():
            if decision.verdict is Verdict.UNCHANGED and not decision.body_bytes:
                yield url

    def decisions(self) -> Iterator[tuple[str, Decision]]:
        """All decisions by URL, in the order in which they were made."""
        return iter(self._decisions.items())

    @property
    def decided(self) -> int:
        """URLs with a decision."""
        return len(self._decisions)

    @property
    def pages(self) -> int:
        """HTML pages that answered: what the source's page limit counts."""
        return sum(self.counts[verdict] for verdict in _PAGES)

    @property
    def present(self) -> int:
        """Pages that exist under their own URL."""
        return sum(count for verdict, count in self.counts.items() if verdict.is_present)
