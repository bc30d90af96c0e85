"""Real HTTP servers on loopback whose sites are written as dictionaries."""

from __future__ import annotations

import os
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from data_contracts.crawl_ledger import CRAWL_LEDGER, CRAWLS
from data_contracts.page_version import PAGE_VERSIONS
from data_contracts.source import Source
from lake import current_pages
from lake.lake import Lake
from scrapers.crawl import crawl_source
from scrapers.error import CrawlFailed, ScraperError
from scrapers.report import CrawlReport
from scrapers.wishes import Wishes


@dataclass(frozen=True)
class Reply:
    """What a server says to one request; `stream` makes it write that body piece by piece, without a length."""

    body: bytes = b""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    stream: Callable[[], Iterator[bytes]] | None = None


Page = str | bytes | Reply | Callable[["Site", str], "str | bytes | Reply"]


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128  # the default of five has connections wait for a second on a busy machine


class Site:
    """A web site on a free loopback port. Pages may be changed while it runs; `asked` counts requests by path."""

    def __init__(self, pages: Mapping[str, Page]) -> None:
        self.pages: dict[str, Page] = dict(pages)
        self.asked: Counter[str] = Counter()
        self.request_headers: dict[str, Mapping[str, str]] = {}
        self.sent_bytes: Counter[str] = Counter()
        self._server = _Server(("127.0.0.1", 0), self._handler())
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        self._thread.start()
        self.port = self._server.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def reply(self, path: str) -> Reply:
        page = self.pages.get(path, self.pages.get(path.split("?", 1)[0], Reply(b"no such page", 404)))
        found = page(self, path) if callable(page) else page
        if isinstance(found, str):
            found = found.replace("{site}", self.url).encode()
        return found if isinstance(found, Reply) else Reply(found)

    def _handler(site) -> type[BaseHTTPRequestHandler]:
        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            wbufsize = -1  # one packet for headers and body: no waiting for delayed acknowledgements

            def do_GET(self) -> None:
                site.asked[self.path] += 1
                site.request_headers[self.path] = dict(self.headers.items())
                reply = site.reply(self.path)
                self.send_response(reply.status)
                headers = {"Content-Type": "text/html", **reply.headers}
                if reply.stream is None:
                    headers["Content-Length"] = str(len(reply.body))
                else:
                    self.close_connection = True
                for name, value in headers.items():
                    self.send_header(name, value.replace("{site}", site.url))
                self.end_headers()
                try:
                    for piece in reply.stream() if reply.stream else [reply.body]:
                        self.wfile.write(piece)
                        site.sent_bytes[self.path] += len(piece)
                except ConnectionError:
                    self.close_connection = True

            def log_message(self, format: str, *args: object) -> None:
                pass

            def handle(self) -> None:
                with suppress(ConnectionError):
                    super().handle()

            def finish(self) -> None:
                with suppress(ConnectionError):
                    super().finish()

        return Handler


class Outcome:
    """A crawl's report with its ledger as a dictionary of paths."""

    def __init__(self, site: Site, lake: Lake, source: Source, report: CrawlReport | None) -> None:
        self.site, self.lake, self.source, self.report = site, lake, source, report
        rows = lake.scan(CRAWL_LEDGER, source=source.name).sort("seen_at").collect().to_dicts()
        last = rows[-1]["crawl_id"] if rows else None
        self.rows = {row["url"].removeprefix(site.url): row for row in rows if row["crawl_id"] == last}

    def verdict(self, path: str) -> str:
        return str(self.rows[path]["verdict"])

    def reason(self, path: str) -> str:
        return str(self.rows[path]["reason"])

    def paths(self, *verdicts: str) -> set[str]:
        return {path for path, row in self.rows.items() if row["verdict"] in verdicts}


class Web:
    """Everything that a test of the crawler starts; ended after the module."""

    Reply = Reply

    def __init__(self, folder: Callable[[str], Path]) -> None:
        self._folder = folder
        self._sites: list[Site] = []

    def serve(self, pages: Mapping[str, Page]) -> Site:
        self._sites.append(Site(pages))
        return self._sites[-1]

    def lake(self) -> Lake:
        return Lake(str(self._folder("lake")))

    @staticmethod
    def html(*links: str, title: str = "A page", head: str = "", text: str = "", tag: str = "<html>") -> str:
        """A small page that links to `links`."""
        anchors = "".join(f'<p><a href="{link}">to {link}</a></p>' for link in links)
        head = f"<head><title>{title}</title>{head}</head>"
        return f"<!doctype html>{tag}{head}<body><h1>{title}</h1>{text}{anchors}</body></html>"

    @staticmethod
    def source(site: Site, *starts: str, **settings: object) -> Source:
        """A source of that site: private hosts allowed, few retries."""
        fields = {
            "name": "test-site",
            "start_urls": [site.url + start for start in starts or ("/",)],
            "allow_private_hosts": True,
            "politeness": {"retries": 1},
            **settings,
        }
        return Source.model_validate(fields)

    @staticmethod
    def crawl(site: Site, lake: Lake, source: Source, environment: Mapping[str, str] | None = None) -> Outcome:
        """Crawl in a child process, as the pipeline does."""
        surroundings = {**os.environ, **(environment or {})}
        report = crawl_source(source, lake, on_progress=lambda progress: None, environment=surroundings)
        return Outcome(site, lake, source, report)

    @staticmethod
    def crawl_in_vain(site: Site, lake: Lake, source: Source) -> tuple[str, Outcome]:
        """Crawl a source that brings nothing; return the message and the ledger."""
        with pytest.raises(CrawlFailed) as caught:
            crawl_source(source, lake, on_progress=lambda progress: None, environment=os.environ)
        return str(caught.value), Outcome(site, lake, source, None)

    @staticmethod
    def versions(lake: Lake) -> pl.DataFrame:
        """All page versions."""
        return lake.scan(PAGE_VERSIONS).sort("url").collect()

    def close(self) -> None:
        for site in self._sites:
            site.close()


class Recrawl:
    """A changing site that is crawled again and again into one lake."""

    def __init__(self, site: Any, lake: Lake, settings: Mapping[str, object]) -> None:
        self.site, self.lake = site, lake
        self.source: Source = site.source("test-site", **settings)

    def crawl(self, **wishes: Any) -> Outcome:
        """Crawl once more, in a child process as the pipeline does; the site's counts begin anew."""
        self.site.forget_counts()
        report = crawl_source(
            self.source,
            self.lake,
            on_progress=lambda progress: None,
            environment=os.environ,
            wishes=Wishes(**wishes),
        )
        return Outcome(self.site, self.lake, self.source, report)

    def fail(self) -> tuple[ScraperError, Outcome]:
        """Crawl once more in vain; return what was raised."""
        with pytest.raises(ScraperError) as caught:
            self.crawl()
        return caught.value, Outcome(self.site, self.lake, self.source, None)

    def change_settings(self, **settings: object) -> None:
        """Change the source's settings from the next crawl on."""
        self.source = Source.model_validate({**self.source.model_dump(), **settings})

    def pages(self) -> set[str]:
        """The paths of the pages that exist now."""
        return {url.removeprefix(self.site.url) for url in current_pages(self.lake, "test-site").collect()["url"]}

    def closing_row(self) -> dict[str, Any]:
        """The last crawl's row in `crawls`."""
        return self.lake.scan(CRAWLS).sort("finished_at").collect().to_dicts()[-1]


@pytest.fixture(scope="module")
def recrawl(make_site: Any, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Recrawl]:
    """Makes a site of pages by path, with ETags, and an empty lake for it; `settings` are fields of the source."""

    def make(pages: dict[str, str], *, validators: bool = True, **settings: object) -> Recrawl:
        site = make_site(pages, validators=validators)
        return Recrawl(site, Lake(str(tmp_path_factory.mktemp("lake"))), settings)

    return make


@pytest.fixture(scope="module")
def web(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Web]:
    """Starts sites, lakes and crawls."""
    web = Web(tmp_path_factory.mktemp)
    yield web
    web.close()
