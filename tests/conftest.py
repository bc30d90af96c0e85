"""A small web site that changes, on a real HTTP server, for every suite that needs one."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from data_contracts.source import Source

TOPICS = ("lighthouses", "beekeeping", "glaciers", "typography", "sailing", "bread")


def page(title: str, *sections: tuple[str, str], links: tuple[str, ...] = (), footer: str = "Example site") -> str:
    """Return an HTML page with a heading and text per section."""
    body = "".join(
        f'<h2 id="{heading.lower().replace(" ", "-")}">{heading}</h2><p>{text}</p>' for heading, text in sections
    )
    menu = "".join(f'<li><a href="{link}">{link}</a></li>' for link in links)
    return (
        f'<!doctype html><html lang="en"><head><title>{title}</title></head><body><nav><ul>{menu}</ul></nav>'
        f"<main><h1>{title}</h1>{body}</main><footer>{footer}</footer></body></html>"
    )


def topic_page(topic: str, *, note: str = "", footer: str = "Example site") -> str:
    """Return a page of three sections about a topic; `note` changes what the last one says."""
    sections = [
        (f"What {topic} are about", f"People who care for {topic} begin with patience. " * 6),
        (f"How to start with {topic}", f"Choose a calm day for {topic} and write down what you see. " * 6),
        (f"Mistakes in {topic}", f"The usual mistake in {topic} is haste{note}. " * 6),
    ]
    return page(f"All about {topic}", *sections, links=("/",), footer=footer)


class ChangingSite:
    """Pages by path on a free loopback port; change `pages` while it runs. `asked` counts requests by path."""

    def __init__(self, pages: dict[str, str]) -> None:
        self.pages = pages
        self.asked: Counter[str] = Counter()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def source(self, name: str) -> Source:
        """A source that crawls this site as fast as it can."""
        return Source.model_validate(
            {
                "name": name,
                "start_urls": [f"{self.url}/"],
                "allow_private_hosts": True,
                "politeness": {"autothrottle": False, "retries": 0},
            }
        )

    def _handler(site) -> type[BaseHTTPRequestHandler]:
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                site.asked[self.path] += 1
                found = site.pages.get(self.path)
                body = (found or "no such page").encode()
                self.send_response(404 if found is None else 200)
                self.send_header("Content-Type", "text/html; charset=utf-8")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:
                """Say nothing: pytest's output is for failures."""

        return Handler


@pytest.fixture
def small_site() -> Iterator[ChangingSite]:
    """A start page and one page for each topic."""
    links = tuple(f"/{topic}.html" for topic in TOPICS)
    start = page("Example site", ("Welcome", "Six subjects, each with a page of its own. " * 5), links=links)
    site = ChangingSite({"/": start, **{f"/{topic}.html": topic_page(topic) for topic in TOPICS}})
    yield site
    site.close()


@pytest.fixture(scope="session")
def prepared_models(pytestconfig: pytest.Config) -> Path:
    """A folder of prepared models that is kept between runs, as a user's is."""
    assert pytestconfig.cache is not None
    return pytestconfig.cache.mkdir("embedding-models")
