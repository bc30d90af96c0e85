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
from scrapers.canonical import canonical_url
from scrapers.fetch import Answer, Failure, Fetcher
from scrapers.frontier import Frontier
from scrapers.history import History
from scrapers.judge import Judge
from scrapers.ledger import Ledger
from scrapers.origin import Origins
from scrapers.scope import ScopeRules
from scrapers.sitemap_reader import SitemapReader
from scrapers.store import CrawlStore
from scrapers.visit import Visit

_AHEAD = 4  # requests queued per connection, so that judging never waits for the network
_HELD_BYTES = 48_000_000  # answers that wait for their turn
_PATIENCE = 10.0  # seconds for which the others wait for a straggler
_MOST_HOPS = 10
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
        self._fetcher = fetcher
        self._origins = origins
        self._auth = auth
        self._on_progress = on_progress
        self._scope = ScopeRules(source)
        self.ledger = Ledger(store, source.name, history.crawl_id, frozenset(history.decided))
        self.frontier = Frontier(self._scope, source.limits, self.ledger)
        self.judge = Judge(source, history, self.ledger, self.frontier, store)
        self._flying: deque[_Flight] = deque()
        self._late: dict[_Task, Visit] = {}
        self._held_bytes = 0
        self._requests = 0
        self._started = self._told = monotonic()

    async def run(self) -> None:
        """Walk until every URL has its verdict and every row is in the lake."""
        self.frontier.start(
            filter(None, (canonical_url(url, rules=self._source.urls) for url in self._source.start_urls))
        )
        sitemaps = SitemapReader(self._source, self._fetcher, self._origins, self._headers)
        async for links in sitemaps.read(self.ledger):
            self.frontier.start(links)
            self._tell()
        while True:
            self._launch()
            if not self._flying and not self._late:
                if not len(self.frontier):
                    break
                self._refuse_rest()
            await self._step()
            await self._store.pour_when_due()
            self._tell()
        await self._store.pour()
        self._tell(last=True)

    async def abandon(self) -> None:
        """Drop what is under way and write what was decided; nothing is left to do after a walk that ran to its end."""
        tasks = [flight.task for flight in self._flying if flight.task is not None] + list(self._late)
        for task in tasks:
            task.cancel()
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
        if self._requests > self._source.limits.pages * _REQUESTS_PER_PAGE + 1_000:
            return 0
        return self._source.limits.pages - self.ledger.pages - len(self._flying) - len(self._late)

    async def _fetch(self, visit: Visit) -> Answer | Failure:
        """Return the answer for a URL, or why there is none. Redirects to another spelling of it are followed."""
        try:
            origin = await self._origins.of(visit.url)
            if origin.refusal is not None:
                return origin.refusal
            if self._origins.forbids(origin, visit.url):
                return Failure(Verdict.ROBOTS, "robots.txt forbids it")
            self._requests += 1
            answer = await self._fetch_spellings(visit)
        except Failure as failure:
            origin.note(failure)
            return failure
        except Exception as error:  # one URL that breaks the downloader must not end the crawl
            return Failure(Verdict.ERROR, f"cannot be fetched: {type(error).__name__}: {error}")
        origin.note(None)
        self._held_bytes += len(answer.body)
        return answer

    async def _fetch_spellings(self, visit: Visit) -> Answer:
        url = visit.url
        for _ in range(_MOST_HOPS):
            origin = await self._origins.of(url)
            if origin.refusal is not None:
                raise origin.refusal
            answer = await self._fetcher.get(url, origin, headers=self._headers(url))
            location = answer.location()
            if location is None or location == url or canonical_url(location, rules=self._source.urls) != visit.url:
                return answer
            url = location
        raise Failure(Verdict.ERROR, f"more than {_MOST_HOPS} redirects between spellings of the same URL")

    def _headers(self, url: str) -> dict[str, str]:
        """The source's auth headers, for its own hosts only."""
        return self._auth if self._scope.has_host(url) else {}

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
