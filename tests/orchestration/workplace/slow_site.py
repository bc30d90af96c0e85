"""A site that can be held up in the middle of a crawl."""

from __future__ import annotations

import threading
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

PAGES = 30
LET_THROUGH = 12


class SlowSite:
    """A chain of pages, each of which links to the next. After some, it answers only when `gate` is open."""

    def __init__(self) -> None:
        self.gate = threading.Event()
        self.reached = threading.Event()
        self.asked: Counter[str] = Counter()
        asked, gate, reached = self.asked, self.gate, self.reached

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                number = int(self.path.strip("/") or 0) if self.path.strip("/").isdigit() or self.path == "/" else -1
                asked[self.path] += 1
                if number >= LET_THROUGH and not gate.is_set():
                    reached.set()
                    gate.wait(300)
                body = f"<main><h1>Page {number}</h1><p>It is page {number}.</p><a href='/{number + 1}'>on</a></main>"
                found = 0 <= number < PAGES
                self.send_response(200 if found else 404)
                self.send_header("Content-Type", "text/html")
                self.end_headers()
                self.wfile.write(body.encode() if found else b"")

            def log_message(self, format: str, *args: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}"

    def end(self) -> None:
        self.gate.set()
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()
