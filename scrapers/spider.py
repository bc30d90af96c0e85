"""The one spider: Scrapy's downloader, politeness and decompression under the walk over a source."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import scrapy
from scrapy import signals
from scrapy.exceptions import StopDownload
from scrapy.http import Headers

from data_contracts.source import Source
from scrapers.sniff import binary_kind

Drive = Callable[[Any], Awaitable[None]]


class SiteSpider(scrapy.Spider):
    """Runs `drive` with Scrapy's engine and ends with it; what goes wrong in there is kept in `error`."""

    name = "site"

    def __init__(self, *, drive: Drive, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._drive = drive
        self._task: asyncio.Task[None] | None = None
        self.error: BaseException | None = None

    @classmethod
    def from_crawler(cls, crawler: scrapy.crawler.Crawler, *args: Any, **kwargs: Any) -> SiteSpider:
        """Connect the early stop of downloads that are no HTML."""
        spider = super().from_crawler(crawler, *args, **kwargs)
        crawler.signals.connect(_stop_media, signal=signals.headers_received)
        crawler.signals.connect(_stop_binary, signal=signals.bytes_received)
        return spider

    async def start(self) -> AsyncIterator[Any]:
        """Walk the site. Requests go to the downloader directly, so nothing is yielded."""
        self._task = asyncio.ensure_future(self._drive(self.crawler.engine))
        try:
            await self._task
        except (Exception, asyncio.CancelledError) as error:  # handed to the process, which reports it
            self.error = error
        return
        yield  # makes this the asynchronous generator that Scrapy expects

    def stop(self) -> None:
        """End the walk where it is; the crawl can be resumed."""
        if self._task is not None:
            self._task.cancel()


def scrapy_settings(source: Source) -> dict[str, Any]:
    """Return Scrapy's settings for a source.

    Off: what the walk decides itself (redirects, retries, robots.txt), what must not be kept (cookies, an HTTP cache
    that judges pages fresh by heuristics), what would open a port (telnet, remote control), and proxies, which would
    resolve names out of the reach of the address guard.
    """
    politeness = source.politeness
    agent = f"{politeness.user_agent} (+{politeness.contact})" if politeness.contact else politeness.user_agent
    headers = {"Accept": "text/html,application/xhtml+xml;q=0.9,*/*;q=0.5"}
    if source.languages:
        headers["Accept-Language"] = ", ".join(source.languages)
    return {
        "TWISTED_REACTOR": "twisted.internet.asyncioreactor.AsyncioSelectorReactor",
        "USER_AGENT": agent,
        "DEFAULT_REQUEST_HEADERS": headers,
        "CONCURRENT_REQUESTS": 0,
        "CONCURRENT_REQUESTS_PER_DOMAIN": politeness.concurrency,
        "DOWNLOAD_DELAY": politeness.delay_seconds,
        "DOWNLOAD_TIMEOUT": source.limits.page_seconds,
        "DOWNLOAD_MAXSIZE": source.limits.page_bytes,
        "DOWNLOAD_WARNSIZE": 0,
        "AUTOTHROTTLE_ENABLED": politeness.autothrottle,
        "AUTOTHROTTLE_START_DELAY": politeness.delay_seconds,
        "AUTOTHROTTLE_TARGET_CONCURRENCY": float(politeness.concurrency),
        "REDIRECT_ENABLED": False,
        "METAREFRESH_ENABLED": False,
        "RETRY_ENABLED": False,
        "ROBOTSTXT_OBEY": False,
        "COOKIES_ENABLED": False,
        "HTTPCACHE_ENABLED": False,
        "HTTPPROXY_ENABLED": False,
        "TELNETCONSOLE_ENABLED": False,
        "REMOTE_CONTROL_ENABLED": False,
        "DOWNLOADER_STATS": False,
        "LOGSTATS_INTERVAL": 0,
        "LOG_ENABLED": False,
    }


def _stop_media(headers: Headers, request: scrapy.Request) -> None:
    declared = (headers.get("Content-Type") or b"").split(b";", 1)[0].strip().lower()
    request.meta["encoded"] = bool(headers.get("Content-Encoding"))
    if declared.startswith((b"image/", b"video/", b"audio/", b"font/")):
        raise StopDownload(fail=False)


def _stop_binary(data: bytes, request: scrapy.Request) -> None:
    sniffed = request.meta.setdefault("sniffed", False)
    if not sniffed and not request.meta.get("encoded") and not request.meta.get("archives_welcome"):
        request.meta["sniffed"] = True
        if binary_kind(data) is not None:
            raise StopDownload(fail=False)
