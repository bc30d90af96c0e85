"""A small web site that changes, on a real HTTP server, for every suite that needs one."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from email.message import Message
from email.utils import formatdate
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from hypothesis import settings

from data_contracts.source import Source
from tests.ministack import ministack  # noqa: F401 - a fixture of all suites
from tests.postgres import database_url, postgres  # noqa: F401 - fixtures of all suites
from tests.s3_server import s3_options  # noqa: F401 - a fixture of all suites

settings.register_profile("truth", deadline=None)  # properties say what is true, not how fast a busy machine is
settings.load_profile("truth")

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


@dataclass(frozen=True)
class Behaviour:
    """How a path answers when it does not simply show its page.

    `status` comes with the page's body (none for 304); `headers` are added to the answer's own, or replace them;
    `delay` is in seconds, before the answer; `closes` ends the connection without an answer. After `times` requests
    (None: always) the path is well again.
    """

    status: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    delay: float = 0.0
    closes: bool = False
    times: int | None = None


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128  # the default of five has connections wait for a second on a busy machine


class ChangingSite:
    """Pages by path on a free loopback port; change `pages` while it runs. `asked` counts requests by path.

    `behaviour` says by path (`site.behaviour["/a"] = site.how(status=500)`) what goes another way than 200 and 404;
    `weather` is asked with each path that has none there, and may upset any request. With `validators` each page has an
    ETag (of its bytes) and a Last-Modified (when it was last set in `pages`), and a request that names either is
    answered with 304; `conditional` counts requests that name one, `answered` the answers by (path, status),
    `sent_bytes` the bytes of all bodies.
    """

    how = staticmethod(Behaviour)
    page = staticmethod(page)
    topic_page = staticmethod(topic_page)

    def __init__(self, pages: dict[str, str], *, validators: bool = False) -> None:
        self.pages = pages
        self.validators = validators
        self.behaviour: dict[str, Behaviour] = {}
        self.weather: Callable[[str], Behaviour | None] = lambda path: None
        self.asked: Counter[str] = Counter()
        self.conditional: Counter[str] = Counter()
        self.answered: Counter[tuple[str, int]] = Counter()
        self.sent_bytes = 0
        self._modified: dict[str, tuple[str, float]] = {}
        self._lock = threading.Lock()
        self._server = _Server(("127.0.0.1", 0), self._handler())
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def source(self, name: str, **settings: object) -> Source:
        """A source that crawls this site as fast as it can; `settings` are further fields of it."""
        return Source.model_validate(
            {
                "name": name,
                "start_urls": [f"{self.url}/"],
                "allow_private_hosts": True,
                "politeness": {"autothrottle": False, "retries": 0},
                **settings,
            }
        )

    def move(self, path: str, target: str, status: int = 301) -> None:
        """Let a path lead to another; the page is served there from now on, and no longer here."""
        page = self.pages.pop(path, None)
        if page is not None:
            self.pages[target] = page
        self.behaviour[path] = Behaviour(status=status, headers={"Location": target})

    def forget_counts(self) -> None:
        """Count requests and answers from here on."""
        for counter in (self.asked, self.conditional, self.answered):
            counter.clear()
        self.sent_bytes = 0

    def _behaviour(self, path: str) -> Behaviour:
        """What a request to a path meets; a behaviour of a few times wears off."""
        with self._lock:
            found = self.behaviour.get(path)
            if found is not None and found.times is not None:
                if found.times > 1:
                    self.behaviour[path] = replace(found, times=found.times - 1)
                else:
                    del self.behaviour[path]
        return found or self.weather(path) or Behaviour()

    def _own_headers(self, path: str, body: str) -> dict[str, str]:
        if not self.validators:
            return {}
        with self._lock:
            if self._modified.get(path, ("", 0.0))[0] != body:
                self._modified[path] = (body, time.time())
            at = self._modified[path][1]
        return {"ETag": f'"{sha256(body.encode()).hexdigest()[:16]}"', "Last-Modified": formatdate(at, usegmt=True)}

    def _answer(self, path: str, asked: Message) -> tuple[int, dict[str, str], bytes, Behaviour]:
        found, how = self.pages.get(path), self._behaviour(path)
        status = how.status or (404 if found is None else 200)
        body = ("no such page" if found is None else found).encode()
        headers = {"Content-Type": "text/html; charset=utf-8"}
        if status == 200 and found is not None:
            headers |= self._own_headers(path, found)
        headers |= how.headers
        names = {"If-None-Match": headers.get("ETag"), "If-Modified-Since": headers.get("Last-Modified")}
        if status == 200 and any(value and asked.get(name) == value for name, value in names.items()):
            status = 304
        return status, headers, b"" if status == 304 else body, how

    def _handler(site) -> type[BaseHTTPRequestHandler]:
        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            wbufsize = -1  # one packet for headers and body: no waiting for delayed acknowledgements

            def do_GET(self) -> None:
                with site._lock:
                    site.asked[self.path] += 1
                    site.conditional[self.path] += bool({"If-None-Match", "If-Modified-Since"} & set(self.headers))
                status, headers, body, how = site._answer(self.path, self.headers)
                time.sleep(how.delay)
                if how.closes:
                    self.close_connection = True
                    return
                self.send_response(status)
                for name, value in {**headers, **({} if status == 304 else {"Content-Length": str(len(body))})}.items():
                    self.send_header(name, value)
                with suppress(ConnectionError):  # the client may have lost its patience
                    self.end_headers()
                    self.wfile.write(body)
                with site._lock:
                    site.answered[self.path, status] += 1
                    site.sent_bytes += len(body)

            def log_message(self, format: str, *args: object) -> None:
                """Say nothing: pytest's output is for failures."""

            def handle(self) -> None:
                with suppress(ConnectionError):
                    super().handle()

            def finish(self) -> None:
                with suppress(ConnectionError):
                    super().finish()

        return Handler


@pytest.fixture(scope="module")
def make_site() -> Iterator[Callable[..., ChangingSite]]:
    """Makes sites out of pages by path (and `validators=True`); they end with the module's tests."""
    sites: list[ChangingSite] = []

    def make(pages: dict[str, str], *, validators: bool = False) -> ChangingSite:
        sites.append(ChangingSite(pages, validators=validators))
        return sites[-1]

    yield make
    for site in sites:
        site.close()


@pytest.fixture
def small_site(make_site: Callable[..., ChangingSite]) -> ChangingSite:
    """A start page and one page for each topic."""
    links = tuple(f"/{topic}.html" for topic in TOPICS)
    start = page("Example site", ("Welcome", "Six subjects, each with a page of its own. " * 5), links=links)
    return make_site({"/": start, **{f"/{topic}.html": topic_page(topic) for topic in TOPICS}})


@pytest.fixture(scope="session")
def prepared_models(pytestconfig: pytest.Config) -> Path:
    """A folder of prepared models that is kept between runs, as a user's is."""
    assert pytestconfig.cache is not None
    return pytestconfig.cache.mkdir("embedding-models")
