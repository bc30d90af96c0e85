"""An origin (scheme, host and port): whether it may be asked at all, what its robots.txt says, and at what pace."""

from __future__ import annotations

import asyncio
import socket
from ipaddress import ip_address
from time import monotonic
from typing import Any
from urllib.parse import urlsplit

from protego import Protego

from data_contracts.source import Politeness
from data_contracts.verdict import Verdict
from scrapers.address import is_private
from scrapers.fetch import Failure, Fetcher

_ROBOTS_BYTES = 2_000_000
_ROBOTS_HOPS = 5  # RFC 9309, section 2.3.1.2
_DOWN_AFTER = 50  # failures in a row, each after all retries: the origin is left for the next crawl


class Origin:
    """What is known of one origin. `key` names Scrapy's download slot."""

    def __init__(self, key: str) -> None:
        self.key = key
        self.robots: Protego | None = None
        self.refusal: Failure | None = None
        self.keeps_delay = False
        self._resume_at = 0.0
        self._failures = 0

    def hold(self, seconds: float) -> None:
        """Send nothing more here for a while: the server asked for it."""
        self._resume_at = max(self._resume_at, monotonic() + seconds)

    async def pause(self) -> None:
        """Wait until the server's pause is over."""
        left = self._resume_at - monotonic()
        if left > 0:
            await asyncio.sleep(left)

    def note(self, failure: Failure | None) -> None:
        """Count failures in a row; after many, the rest of the origin's pages are not tried."""
        failed = failure is not None and failure.verdict is Verdict.ERROR
        self._failures = self._failures + 1 if failed else 0
        if failure is not None and self._failures >= _DOWN_AFTER:
            self.refusal = Failure(
                Verdict.ERROR, f"not tried: the last {_DOWN_AFTER} requests to {self.key} failed ({failure.reason})"
            )


class Origins:
    """The origins of one crawl, each prepared once: resolved, checked, robots.txt read, pace set."""

    def __init__(self, fetcher: Fetcher, downloader: Any, politeness: Politeness, *, allow_private: bool) -> None:
        self._fetcher = fetcher
        self._downloader = downloader
        self._politeness = politeness
        self._allow_private = allow_private
        self._known: dict[str, asyncio.Task[Origin]] = {}

    async def of(self, url: str, *, robots: bool = True) -> Origin:
        """Return the origin of a URL, ready to be asked; its `refusal` says why not.

        Without `robots` (for sitemaps and robots.txt itself) only the address is checked.
        """
        parts = urlsplit(url)
        key = f"{parts.scheme}://{parts.netloc}" + ("" if robots else " unruled")
        if key not in self._known:
            self._known[key] = asyncio.create_task(self._prepare(key, url, robots))
        return await asyncio.shield(self._known[key])

    def forbids(self, origin: Origin, url: str) -> bool:
        """Whether robots.txt forbids a URL."""
        agent = self._politeness.user_agent.split("/", 1)[0]
        return origin.robots is not None and not origin.robots.can_fetch(url, agent)

    async def _prepare(self, key: str, url: str, robots: bool) -> Origin:
        origin = Origin(key.removesuffix(" unruled"))
        try:
            private = await self._check_address(url)
        except Failure as failure:
            origin.refusal = failure
            return origin
        self._set_pace(origin, self._politeness.delay_seconds, keep=private or not self._politeness.autothrottle)
        if robots and self._politeness.obey_robots:
            await self._read_robots(origin)
        return origin

    async def _check_address(self, url: str) -> bool:
        """Return whether the host is private; raise Failure when it must not or cannot be asked."""
        host = urlsplit(url).hostname or ""
        try:
            found = await asyncio.get_running_loop().getaddrinfo(host, None, type=socket.SOCK_STREAM)
        except (socket.gaierror, UnicodeError) as error:  # UnicodeError: a label that DNS cannot hold
            raise Failure(Verdict.ERROR, f"no such host: {host} ({error})") from error
        addresses = [ip_address(str(entry[4][0]).split("%", 1)[0]) for entry in found]
        private = [address for address in addresses if is_private(address)]
        if not self._allow_private and private and len(private) == len(addresses):
            reason = f"{host} resolves to {private[0]}, a private or link-local address"
            raise Failure(Verdict.PRIVATE_ADDRESS, reason)
        return bool(private)

    def _set_pace(self, origin: Origin, delay: float, *, keep: bool) -> None:
        """Fix the pause between requests; a private host (our own) is not throttled beyond what the source says."""
        origin.keeps_delay = keep
        start = delay if keep else max(delay, 0.1)
        self._downloader.per_slot_settings[origin.key] = {"delay": start}
        if origin.key in self._downloader.slots:
            self._downloader.slots[origin.key].delay = start

    async def _read_robots(self, origin: Origin) -> None:
        """RFC 9309: 2xx rules, 4xx allows everything, and what cannot be read forbids everything for now."""
        try:
            text = await self._robots_text(f"{origin.key}/robots.txt", origin)
        except Failure as failure:
            reason = f"robots.txt cannot be read ({failure.reason}), so nothing may be fetched"
            origin.refusal = Failure(Verdict.ERROR, reason, failure.status)
            return
        if text is None:
            return
        origin.robots = Protego.parse(text)
        crawl_delay = origin.robots.crawl_delay(self._politeness.user_agent.split("/", 1)[0])
        if crawl_delay is not None and crawl_delay > self._politeness.delay_seconds:
            self._set_pace(origin, min(float(crawl_delay), 60.0), keep=True)

    async def _robots_text(self, url: str, origin: Origin) -> str | None:
        for _ in range(_ROBOTS_HOPS):
            answer = await self._fetcher.get(url, origin, max_bytes=_ROBOTS_BYTES)
            location = answer.location()
            if location is None:
                return answer.body.decode("utf-8", "replace") if 200 <= answer.status < 300 else None
            url = location
            origin = await self.of(url, robots=False)
            if origin.refusal is not None:
                raise origin.refusal
        return None
