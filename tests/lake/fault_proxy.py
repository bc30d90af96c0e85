"""An S3 server as it is on a bad day: a proxy in front of a real one that throttles, fails, loses answers, and counts.

Signatures stay valid, since a request is passed on with the host that it was signed for.
"""

from __future__ import annotations

import http.client
import re
import threading
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self
from urllib.parse import parse_qs, urlsplit

_HOP_BY_HOP = {"connection", "keep-alive", "transfer-encoding", "date", "server"}


@dataclass(frozen=True, slots=True)
class Seen:
    """A request: its number from 0, method, path, and query (first value of each name)."""

    number: int
    method: str
    path: str
    query: dict[str, str]

    @property
    def is_listing(self) -> bool:
        return self.method == "GET" and "list-type" in self.query

    @property
    def is_commit(self) -> bool:
        """Whether it writes an entry of a Delta log."""
        return self.method == "PUT" and re.search(r"/_delta_log/\d{20}\.json$", self.path) is not None


class Loss(Enum):
    """What happens to a request without an answer."""

    BEFORE = "the connection ends before the server sees the request"
    AFTER = "the server does what it was asked, and its answer is lost"


@dataclass(frozen=True, slots=True)
class Refusal:
    """An answer in S3's own words instead of the server's."""

    status: int
    code: str


SLOW_DOWN = Refusal(503, "SlowDown")
INTERNAL_ERROR = Refusal(500, "InternalError")
EXPIRED_TOKEN = Refusal(400, "ExpiredToken")

Fault = Refusal | Loss | None


class FaultProxy:
    """Passes requests on to `target` unless `fault` says otherwise; `seen` holds them in the order of their arrival,
    and `listed` how many names each listing's answer held."""

    def __init__(self, target: str, fault: Callable[[Seen], Fault] = lambda seen: None) -> None:
        self.fault = fault
        self.seen: list[Seen] = []
        self.listed: list[int] = []
        self._target = urlsplit(target).netloc
        self._lock = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def note(self, method: str, target: str) -> Seen:
        """Remember a request and give it its number."""
        parts = urlsplit(target)
        query = {name: values[0] for name, values in parse_qs(parts.query, keep_blank_values=True).items()}
        with self._lock:
            seen = Seen(len(self.seen), method, parts.path, query)
            self.seen.append(seen)
        return seen

    def ask(self, method: str, target: str, headers: dict[str, str], body: bytes) -> tuple[int, dict[str, str], bytes]:
        """Have the real server answer."""
        connection = http.client.HTTPConnection(self._target, timeout=60)
        try:
            connection.request(method, target, body=body or None, headers=headers)
            answer = connection.getresponse()
            return answer.status, dict(answer.getheaders()), answer.read()
        finally:
            connection.close()


def _handler(proxy: FaultProxy) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, format: str, *args: object) -> None: ...

        def _pass_on(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            seen = proxy.note(self.command, self.path)
            fault = proxy.fault(seen)
            if isinstance(fault, Refusal):
                self._refuse(fault)
            elif fault is Loss.BEFORE:
                self.close_connection = True
            else:
                answer = proxy.ask(self.command, self.path, dict(self.headers), body)
                if seen.is_listing:
                    proxy.listed.append(answer[2].count(b"<Key>"))
                if fault is Loss.AFTER:
                    self.close_connection = True
                else:
                    self._answer(*answer)

        def _refuse(self, refusal: Refusal) -> None:
            text = f"<Error><Code>{refusal.code}</Code><Message>{refusal.code}</Message></Error>"
            self._answer(refusal.status, {"content-type": "application/xml"}, text.encode())

        def _answer(self, status: int, headers: dict[str, str], body: bytes) -> None:
            self.send_response(status)
            for name, value in headers.items():
                if name.lower() not in _HOP_BY_HOP | {"content-length"}:
                    self.send_header(name, value)
            length = headers.get("Content-Length", len(body)) if self.command == "HEAD" else len(body)
            self.send_header("content-length", str(length))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)

        do_GET = do_PUT = do_POST = do_DELETE = do_HEAD = _pass_on

    return Handler
