"""The walk over a site: fetch ahead, decide in order, pour into the lake, until nothing is left.

Requests are sent many at a time, but their answers are judged in the order in which the URLs were queued. So which of
two equal pages is the page and which the alias, and each page's depth, come out the same however the network behaves,
and a crawl that was cut off and resumed equals one that was not. Only a straggler (many times slower than the others)
is overtaken.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from time import monotonic

from data_contracts.progress import Progress
from data_contracts.source import Source
from data_contracts.verdict import Verdict
from scrapers.asker import Asker
from scrapers.canonical import canonical_url
from scrapers.false_page import FalsePages
from scrapers.fetch import Answer, Failure, Fetcher
from scrapers.frontier import Frontier
from scrapers.history import History
from scrapers.judge import Judge
from scrapers.ledger import Ledger
from scrapers.origin import Origins
from scrapers.scope import ScopeRules
from scrapers.sitemap_news import NewsOfSitemaps
from scrapers.sitemap_reader import SitemapReader
from scrapers.store import CrawlStore
from scrapers.visit import Visit

_AHEAD = 4  # requests queued per connection, so that judging never waits for the network
_HELD_BYTES = 48_000_000  # answers that wait for their turn
_PATIENCE = 10.0  # seconds for which the others wait for a straggler
_REQUESTS_PER_PAGE = 10  # a site of nothing but redirects and errors ends too

_Task = asyncio.Task[Answer | Failure]


@dataclass(slots=True)
class _Flight:
    """A URL on its way; no task when its decision is known from before an interruption."""

    visit: Visit
    task: _Task | None


class Walk:
    """One crawl of one source, from its start URLs to its last ledger row."""

    def __init__(
        self,
        source: Source,
        history: History,
        store: CrawlStore,
        fetcher: Fetcher,
        origins: Origins,
        *,
        auth: dict[str, str],
        on_progress: Callable[[Progress], None],
    ) -> None:
        self._source = source
        self._history = history
        self._store = store
        self._on_progress = on_progress
        scope = ScopeRules(source)
        self._news = NewsOfSitemaps(history)
        self._asker = Asker(source, history.known, self._news, scope, fetcher, origins, auth=auth)
        self._sitemaps = SitemapReader(source, fetcher, origins, self._asker.own_headers)
        written, presumed = frozenset(history.decided), history.ingested
        self.ledger = Ledger(store, source.name, history.crawl_id, written, presumed, history.erased)
        self.frontier = Frontier(scope, source.limits, self.ledger)
        self.judge = Judge(source, history, self.ledger, self.frontier, store, FalsePages(self._asker.probes))
        self._flying: deque[_Flight] = deque()
        self._late: dict[_Task, Visit] = {}
        self._held_bytes = 0
        self._has_sought = False
        self._started = self._told = monotonic()

    async def run(self) -> None:
        """Walk until every URL has its verdict and every row is in the lake."""
        self.frontier.start(
            filter(None, (canonical_url(url, rules=self._source.urls) for url in self._source.start_urls))
        )
        async for entries in self._sitemaps.read(self.ledger):
            self.frontier.start(self._news.first(entries))
            self._tell()
        while True:
            self._launch()
            if not self._flying and not self._late:
                if len(self.frontier):
                    self._refuse_rest()
                elif not self._finds_more():
                    break
                continue
            await self._step()
            await self._store.pour_when_due()
            self._tell()
        await self._store.pour()
        self._tell(last=True)

    def _finds_more(self) -> bool:
        """Queue what is left when no link leads on: known pages that were not met, then those that seemed gone."""
        if not self._has_sought:
            self._has_sought = True
            self.frontier.seek(self._history.known)
        if not len(self.frontier):
            self.frontier.take_up()
        return bool(len(self.frontier))

    async def abandon(self) -> None:
        """Drop what is under way and write what was decided; nothing is left to do after a walk that ran to its end."""
        tasks = [flight.task for flight in self._flying if flight.task is not None] + list(self._late)
        for task in tasks:
            task.cancel()
        self._asker.probes.abandon()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._store.pour()

    # -- fetching ahead --------------------------------------------------------------------------------------------

    def _launch(self) -> None:
        ahead = self._source.politeness.concurrency * _AHEAD
        while len(self.frontier) and len(self._flying) < ahead and self._held_bytes < _HELD_BYTES:
            if self._room() <= 0:
                return
            visit = self.frontier.pop()
            decided = self._history.decided.get(visit.url)
            known = decided is not None and decided.links is not None
            self._flying.append(_Flight(visit, None if known else asyncio.create_task(self._fetch(visit))))

    def _room(self) -> int:
        """How many more pages may be asked for under the source's page limit."""
        if self._asker.requests > self._source.limits.pages * _REQUESTS_PER_PAGE + 1_000:
            return 0
        return self._source.limits.pages - self.ledger.pages - len(self._flying) - len(self._late)

    async def _fetch(self, visit: Visit) -> Answer | Failure:
        result = await self._asker.ask(visit)
        if isinstance(result, Answer):
            self._held_bytes += len(result.body)
        return result

    # -- deciding in order -----------------------------------------------------------------------------------------

    async def _step(self) -> None:
        """Judge the next URL in order, and whatever straggler has come in."""
        if self._flying:
            head = self._flying[0]
            if head.task is None or head.task.done() or await self._arrives(head.task):
                self._flying.popleft()
                self._decide(head.visit, head.task)
        elif self._late:
            await asyncio.wait(self._late, timeout=1.0, return_when=asyncio.FIRST_COMPLETED)
        for task in [task for task in self._late if task.done()]:
            self._decide(self._late.pop(task), task)

    async def _arrives(self, task: _Task) -> bool:
        """Wait a moment for the head of the queue; when it is too late, let the others pass."""
        waited = 0.0
        patience = max(_PATIENCE, 3 * self._source.politeness.delay_seconds)
        while waited < patience:
            done, _ = await asyncio.wait([task, *self._late], timeout=1.0, return_when=asyncio.FIRST_COMPLETED)
            if done:
                return task in done
            waited += 1.0
            await self._store.pour_when_due()
            self._tell()
        self._late[task] = self._flying.popleft().visit
        return False

    def _decide(self, visit: Visit, task: _Task | None) -> None:
        if task is None:
            self.judge.recall(visit, self._history.decided[visit.url])
            return
        result = task.result()
        if isinstance(result, Failure):
            self.judge.fail(visit, result)
            return
        self._held_bytes -= len(result.body)
        try:
            self.judge.judge(visit, result)
        except Exception as error:  # a page that breaks its reader must not end the crawl
            reason = f"the page cannot be read: {type(error).__name__}: {error}"
            self.judge.fail(visit, Failure(Verdict.ERROR, reason, result.status))

    def _refuse_rest(self) -> None:
        """The page limit is reached: say so for every URL that is known and was not fetched."""
        reason = f"the limit of {self._source.limits.pages:,} pages was reached; raise limits.pages to get it"
        while len(self.frontier):
            self.judge.fail(self.frontier.pop(), Failure(Verdict.LIMIT, reason))

    # -- telling ---------------------------------------------------------------------------------------------------

    def _tell(self, *, last: bool = False) -> None:
        now = monotonic()
        if not last and now - self._told < 1.0:
            return
        self._told = now
        counts = self.ledger.counts
        fetched = counts[Verdict.FETCHED] + counts[Verdict.DUPLICATE_OF]
        done = self.ledger.decided
        self._on_progress(
            Progress(
                stage="crawl",
                done=done,
                total=done + len(self.frontier) + len(self._flying) + len(self._late),
                unit="pages",
                rate=self.judge.pages_fetched / max(now - self._started, 1e-6),
                counts={
                    "found": self.frontier.found,
                    "fetched": fetched,
                    "unchanged": counts[Verdict.UNCHANGED],
                    "failed": counts[Verdict.ERROR],
                },
            )
        )
