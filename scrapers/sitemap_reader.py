"""Fetches a source's sitemaps, the nested ones too."""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncIterator, Callable, Mapping

from data_contracts.source import Source
from data_contracts.verdict import Verdict
from scrapers.canonical import canonical_url
from scrapers.fetch import Answer, Failure, Fetcher
from scrapers.ledger import Ledger
from scrapers.origin import Origins
from scrapers.sitemap import SITEMAP_BYTES, Entry, SitemapError, read_sitemap
from scrapers.visit import Visit

_MOST_SITEMAPS = 1_000
_MOST_HOPS = 5


class SitemapReader:
    """Reads sitemaps in the order in which they are named. One that cannot be read gets a ledger row."""

    def __init__(
        self, source: Source, fetcher: Fetcher, origins: Origins, headers: Callable[[str], Mapping[str, str]]
    ) -> None:
        self._source = source
        self._fetcher = fetcher
        self._origins = origins
        self._headers = headers

    async def read(self, ledger: Ledger) -> AsyncIterator[list[Entry]]:
        """Yield the pages of one sitemap after the other, URLs canonical."""
        queue = deque(url for each in self._source.sitemaps if (url := canonical_url(each)))
        seen = set(queue)
        while queue:
            url = queue.popleft()
            try:
                pages, nested = await self._one(url)
            except Failure as failure:
                verdict = Verdict.GONE if failure.status in (404, 410) else failure.verdict
                reason = f"a sitemap that cannot be read: {failure.reason}"
                ledger.decide(Visit(url, 0, None), verdict, reason, status=failure.status)
                continue
            links = ((canonical_url(page.url, base=url, rules=self._source.urls), page.modified) for page in pages)
            yield [Entry(link, modified) for link, modified in links if link is not None]
            for each in nested:
                link = canonical_url(each, base=url)
                if link is not None and link not in seen and len(seen) < _MOST_SITEMAPS:
                    seen.add(link)
                    queue.append(link)

    async def _one(self, url: str) -> tuple[list[Entry], list[str]]:
        answer = await self._answer(url)
        if not 200 <= answer.status < 300:
            raise Failure(Verdict.ERROR, f"status {answer.status}", answer.status)
        try:
            return read_sitemap(answer.body)
        except SitemapError as error:
            raise Failure(Verdict.ERROR, str(error), answer.status) from error

    async def _answer(self, url: str) -> Answer:
        for _ in range(_MOST_HOPS):
            origin = await self._origins.of(url, robots=False)
            if origin.refusal is not None:
                raise origin.refusal
            answer = await self._fetcher.get(url, origin, headers=self._headers(url), max_bytes=SITEMAP_BYTES)
            location = answer.location()
            if location is None:
                return answer
            url = location
        raise Failure(Verdict.ERROR, f"more than {_MOST_HOPS} redirects")
