"""What is still to be fetched, in breadth-first order, and what is refused without fetching."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping

from data_contracts.source import Limits
from data_contracts.verdict import Verdict
from scrapers.known_page import KnownPage
from scrapers.ledger import Ledger
from scrapers.scope import ScopeRules
from scrapers.trap import trap_reason, url_shape
from scrapers.visit import Visit

_MOST_HOPS = 20  # redirects in a row; browsers give up at as many


class Frontier:
    """The queue of one crawl. Each URL enters once; those about which the ledger presumes something, never."""

    def __init__(self, scope: ScopeRules, limits: Limits, ledger: Ledger) -> None:
        self._scope = scope
        self._limits = limits
        self._ledger = ledger
        self._seen: set[str] = set()
        self._queue: deque[Visit] = deque()
        self._put_off: list[Visit] = []

    def __len__(self) -> int:
        return len(self._queue)

    @property
    def found(self) -> int:
        """URLs seen so far."""
        return len(self._seen)

    def start(self, urls: Iterable[str]) -> None:
        """Add URLs that no page links to: start URLs and what sitemaps name."""
        for url in urls:
            self._admit(Visit(url, 0, None))

    def follow(self, parent: Visit, links: Iterable[str]) -> None:
        """Add the links of a page, one level deeper."""
        shape = url_shape(parent.url)
        for url in links:
            if url not in self._seen:
                chain = parent.chain + 1 if url_shape(url) == shape else 0
                self._admit(Visit(url, parent.depth + 1, parent.url, chain=chain))

    def redirect(self, parent: Visit, target: str) -> None:
        """Add where a page leads by redirect or canonical link, on its own level."""
        self._admit(Visit(target, parent.depth, parent.url, chain=parent.chain, hops=parent.hops + 1))

    def again(self, visit: Visit) -> None:
        """Put a URL back: it must be fetched once more."""
        self._queue.append(visit)

    def seek(self, known: Mapping[str, KnownPage]) -> None:
        """Add the known pages that nothing led to this time, where they were found before."""
        lost = [(page.depth, url) for url, page in known.items() if page.is_sought and url not in self._seen]
        for depth, url in sorted(lost):
            self._admit(Visit(url, depth, known[url].discovered_from))

    def put_off(self, visit: Visit) -> None:
        """Put a URL off until nothing else is left: it must be fetched once more then."""
        self._put_off.append(visit)

    def take_up(self) -> None:
        """Queue what was put off."""
        self._queue.extend(self._put_off)
        self._put_off.clear()

    def pop(self) -> Visit:
        """Take the next URL."""
        return self._queue.popleft()

    def _admit(self, visit: Visit) -> None:
        if visit.url in self._seen:
            return
        self._seen.add(visit.url)
        if self._ledger.verdict(visit.url) is not None:
            return
        refusal = self._refusal(visit)
        if refusal is None:
            self._queue.append(visit)
        else:
            self._ledger.decide(visit, *refusal)

    def _refusal(self, visit: Visit) -> tuple[Verdict, str] | None:
        if visit.url in self._ledger.erased:
            return Verdict.ERASED, "was erased on request"
        outside = self._scope.refusal(visit.url)
        if outside is not None:
            return outside
        if visit.depth > self._limits.depth:
            return Verdict.TOO_DEEP, f"{visit.depth} links from a start URL; the limit is {self._limits.depth}"
        if visit.hops > _MOST_HOPS:
            return Verdict.LIMIT, f"more than {_MOST_HOPS} redirects in a row lead here"
        trap = trap_reason(visit.url, visit.chain, self._limits.chain)
        return None if trap is None else (Verdict.LIMIT, trap)
