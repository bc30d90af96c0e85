"""The door through which AWS Lambda gives a container its events, and hears what came of them.

https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
"""

from __future__ import annotations

import json
import queue
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

_VERSION = "/2018-06-01/runtime"
_PATIENCE = 300.0


class LambdaDoor:
    """`invoke` hands one event out and returns what the function said. `ready_after` is the time from the door's
    opening to the first call for an event, in seconds: the cold start."""

    def __init__(self) -> None:
        self._events: queue.Queue[tuple[str, Any] | None] = queue.Queue()
        self._said: queue.Queue[tuple[str, Any]] = queue.Queue()
        self._began = time.monotonic()
        self._asked = threading.Event()
        self.ready_after = 0.0
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()
        self.address = f"127.0.0.1:{self._server.server_port}"

    def wait_for_start(self) -> None:
        """Wait until the function asks for its first event, or says why it cannot."""
        assert self._asked.wait(_PATIENCE), "the function did not start"
        if not self._said.empty():
            raise AssertionError(str(self._said.get()))

    def invoke(self, event: Any) -> tuple[str, Any]:
        """Return ("response", what the function returned) or ("error", its error)."""
        self._events.put((f"request-{time.monotonic_ns()}", event))
        return self._said.get(timeout=_PATIENCE)

    def close(self) -> None:
        """Let whoever waits for an event go, and end."""
        self._events.put(None)
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _note_asked(self) -> None:
        if not self._asked.is_set():
            self.ready_after = time.monotonic() - self._began
            self._asked.set()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        door = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                door._note_asked()
                given = door._events.get()
                if given is None:
                    self.close_connection = True
                    return
                request, event = given
                body = json.dumps(event).encode()
                self.send_response(200)
                for name, value in (
                    ("Lambda-Runtime-Aws-Request-Id", request),
                    ("Lambda-Runtime-Deadline-Ms", str(int((time.time() + 600) * 1000))),
                    ("Lambda-Runtime-Invoked-Function-Arn", "arn:aws:lambda:us-east-1:000000000000:function:pages"),
                    ("Content-Type", "application/json"),
                    ("Content-Length", str(len(body))),
                ):
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                kind = self.path.rpartition("/")[2]
                door._said.put((kind, json.loads(body or b"null")))
                door._note_asked()
                self.send_response(202)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        return Handler
