"""Service Quotas over HTTP, which the account on loopback lacks: its protocol, some quotas, and who may not ask."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@contextmanager
def quotas_server(values: Mapping[str, float], defaults: Mapping[str, float] | None = None) -> Iterator[str]:
    """Serve quotas by their codes; `defaults` are those of accounts that never asked for others."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked = json.loads(self.rfile.read(int(self.headers["content-length"])))
            operation = self.headers["x-amz-target"].partition(".")[2]
            known = values if operation == "GetServiceQuota" else (defaults or {})
            code = asked["QuotaCode"]
            if code in known:
                self._reply(200, {"Quota": {"QuotaCode": code, "Value": known[code]}})
            else:
                self._reply(400, {"__type": "NoSuchResourceException", "Message": f"no quota {code}"})

        def _reply(self, status: int, body: object) -> None:
            text = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("content-type", "application/x-amz-json-1.1")
            self.send_header("content-length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()
