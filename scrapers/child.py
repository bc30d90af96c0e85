"""The crawl's own process: a reactor cannot be started twice, so each crawl gets a fresh one."""

from __future__ import annotations

import asyncio
import gc
import resource
import signal
import sys
from collections.abc import Callable, Mapping
from time import monotonic
from typing import Any

import polars as pl

from data_contracts.crawl_ledger import CRAWLS
from data_contracts.progress import Progress
from data_contracts.source import Source
from lake.lake import Lake
from scrapers.end import end_of_crawl
from scrapers.error import CrawlFailed
from scrapers.fetch import Fetcher
from scrapers.history import History, load_history
from scrapers.origin import Origins
from scrapers.report import CrawlReport
from scrapers.store import CrawlStore
from scrapers.walk import Walk
from scrapers.wishes import Wishes


def run_crawl(
    source: Source,
    lake: Lake,
    wishes: Wishes,
    *,
    environment: Mapping[str, str],
    on_progress: Callable[[Progress], None],
) -> CrawlReport:
    """Crawl a source in this process, which can do it only once.

    Raises CrawlFailed and RemovalsHeld; what the crawl found is in the lake before.
    """
    gc.set_threshold(50_000, 20, 50)  # a crawl makes few cycles and many objects: collect less often
    auth = auth_headers(source, environment)
    started = monotonic()
    history = load_history(lake, source)
    store = CrawlStore(lake, source.name)
    walk = _walk(source, history, store, auth, on_progress)
    end = end_of_crawl(source, history, walk.ledger, wishes)
    lake.append(CRAWLS, pl.DataFrame([end.row]), source=source.name)
    if end.failure is not None:
        raise end.failure
    return CrawlReport(
        source=source.name,
        crawl_id=history.crawl_id,
        outcome=end.outcome,
        resumed=history.resumed,
        counts={verdict.value: count for verdict, count in sorted(walk.ledger.counts.items())},
        changes=end.changes,
        pages_added=store.pages_added,
        pages_fetched=walk.judge.pages_fetched,
        body_bytes=walk.judge.body_bytes,
        seconds=monotonic() - started,
        peak_memory_bytes=_peak_memory(),
    )


def auth_headers(source: Source, environment: Mapping[str, str]) -> dict[str, str]:
    """Return the source's auth headers with their values. Raises CrawlFailed for a variable that is not set."""
    missing = [name for name in source.auth_headers.values() if not environment.get(name)]
    if missing:
        raise CrawlFailed(
            f"source {source.name!r} needs the environment variable {', '.join(missing)} for its auth headers. "
            "Set it where LoreChat is started (for instance in .env), then crawl again."
        )
    return {header: environment[name] for header, name in source.auth_headers.items()}


def _walk(
    source: Source, history: History, store: CrawlStore, auth: dict[str, str], on_progress: Callable[[Progress], None]
) -> Walk:
    from scrapy.crawler import AsyncCrawlerRunner
    from scrapy.utils.reactor import install_reactor

    from scrapers.spider import SiteSpider, scrapy_settings

    settings = scrapy_settings(source)
    install_reactor(settings["TWISTED_REACTOR"])
    from twisted.internet import reactor

    from scrapers.resolver import GuardedResolver

    guard = GuardedResolver(reactor.nameResolver, allow_private=source.allow_private_hosts)
    reactor.installNameResolver(guard)
    walks: list[Walk] = []

    async def drive(engine: Any) -> None:
        limits, politeness = source.limits, source.politeness
        fetcher = Fetcher(engine, guard, retries=politeness.retries, page_bytes=limits.page_bytes)
        origins = Origins(fetcher, engine.downloader, politeness, allow_private=source.allow_private_hosts)
        walk = Walk(source, history, store, fetcher, origins, auth=auth, on_progress=on_progress)
        walks.append(walk)
        try:
            await walk.run()
        finally:
            await walk.abandon()

    crawler = AsyncCrawlerRunner(settings).create_crawler(SiteSpider)

    async def crawl() -> None:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):  # stop: SiteSpider has it, the type that Scrapy names has not
            loop.add_signal_handler(number, lambda: crawler.spider and crawler.spider.stop())  # type: ignore[attr-defined]  # our own spider's
        await crawler.crawl_async(drive=drive)

    _run_reactor(reactor, crawl)
    error = getattr(crawler.spider, "error", None)
    if isinstance(error, asyncio.CancelledError):
        raise CrawlFailed(f"the crawl of {source.name!r} was stopped. Start it again: it goes on where it was.")
    if error is not None:
        raise error
    return walks[0]


def _run_reactor(reactor: Any, crawl: Callable[[], Any]) -> None:
    """Run the reactor as long as the crawl lasts; what the crawl raises is raised here."""
    from twisted.internet.defer import Deferred
    from twisted.python.failure import Failure

    failures: list[Failure] = []

    def begin() -> None:
        done = Deferred.fromFuture(asyncio.ensure_future(crawl()))
        done.addErrback(failures.append)
        done.addBoth(lambda _: reactor.stop())

    reactor.callWhenRunning(begin)
    reactor.run(installSignalHandlers=False)
    if failures:
        failures[0].raiseException()


def _peak_memory() -> int:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024  # macOS counts bytes, Linux kilobytes
