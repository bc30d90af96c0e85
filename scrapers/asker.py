"""One visit to one answer: robots.txt, auth headers, conditions, and other spellings of the same URL."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

from data_contracts.source import Source
from data_contracts.verdict import Verdict
from scrapers.canonical import canonical_url
from scrapers.fetch import Answer, Failure, Fetcher
from scrapers.known_page import KnownPage
from scrapers.origin import Origins
from scrapers.probe import Probes
from scrapers.scope import ScopeRules
from scrapers.sitemap_news import NewsOfSitemaps
from scrapers.visit import Visit

_MOST_HOPS = 10


class Asker:
    """Asks for pages. `requests` counts the URLs that were really asked for; `probes` know what each origin shows for
    pages that do not exist, once a page of it was answered."""

    def __init__(
        self,
        source: Source,
        known: Mapping[str, KnownPage],
        news: NewsOfSitemaps,
        scope: ScopeRules,
        fetcher: Fetcher,
        origins: Origins,
        *,
        auth: Mapping[str, str],
    ) -> None:
        self._rules = source.urls
        self._known = known
        self._news = news
        self._scope = scope
        self._fetcher = fetcher
        self._origins = origins
        self._auth = auth
        self.probes = Probes(fetcher, origins, self.own_headers)
        self.requests = 0

    async def ask(self, visit: Visit) -> Answer | Failure:
        """Return the answer for a URL, or why there is none. Redirects to another spelling of it are followed."""
        try:
            origin = await self._origins.of(visit.url)
            if origin.refusal is not None:
                return origin.refusal
            if self._origins.forbids(origin, visit.url):
                return Failure(Verdict.ROBOTS, "robots.txt forbids it")
            self.requests += 1
            answer = await self._ask_spellings(visit)
            if 200 <= answer.status < 300:
                await self.probes.prepare(visit.url)
        except Failure as failure:
            origin.note(failure)
            return failure
        except Exception as error:  # one URL that breaks the downloader must not end the crawl
            return Failure(Verdict.ERROR, f"cannot be fetched: {type(error).__name__}: {error}")
        origin.note(None)
        return answer

    def own_headers(self, url: str) -> Mapping[str, str]:
        """Return the source's auth headers, for its own hosts only."""
        return self._auth if self._scope.has_host(url) else {}

    async def _ask_spellings(self, visit: Visit) -> Answer:
        url, conditions = visit.url, self._conditions(visit)
        visit.is_conditional = bool(conditions)
        for _ in range(_MOST_HOPS):
            origin = await self._origins.of(url)
            if origin.refusal is not None:
                raise origin.refusal
            answer = await self._fetcher.get(url, origin, headers={**self.own_headers(url), **conditions})
            location = answer.location()
            if location is None or location == url or canonical_url(location, rules=self._rules) != visit.url:
                return answer
            url = location
        raise Failure(Verdict.ERROR, f"more than {_MOST_HOPS} redirects between spellings of the same URL")

    def _conditions(self, visit: Visit) -> dict[str, str]:
        """The headers that let the server answer that nothing has changed; none when the page must be read."""
        known = self._known.get(visit.url)
        if known is None or visit.own_name or self._news.are_newer(visit.url):
            return {}
        return known.conditions(datetime.now(UTC))
