"""The canary against a real HTTP server on loopback."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from infra.canary.handler import ask

_CITED = {"answer": "Bees dance [1].", "citations": [{"number": 1}]}


@contextmanager
def _chat(status: int, body: object) -> Iterator[tuple[str, list[tuple[str, str, str]]]]:
    """A chat that answers everything so; what it was asked: path, authorization, body."""
    asked: list[tuple[str, str, str]] = []

    class Handler(BaseHTTPRequestHandler):
        def _answer(self) -> None:
            length = int(self.headers.get("content-length", 0))
            asked.append((self.path, self.headers.get("authorization", ""), self.rfile.read(length).decode()))
            text = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("content-length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        do_GET = do_POST = _answer

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}", asked
        finally:
            server.shutdown()
            thread.join()


def _settings(address: str) -> dict[str, str]:
    return {"ADDRESS": address, "STAGE": "dev", "NAMESPACE": "LoreChat/dev", "QUESTION": "Why do bees dance?"}


def test_with_a_key_it_asks_the_question_and_is_content_with_a_cited_answer() -> None:
    with _chat(200, _CITED) as (address, asked):
        line = ask(_settings(address), "lore-key")
    assert asked == [("/api/answer", "Bearer lore-key", '{"question": "Why do bees dance?"}')]
    assert (line["canary_answered"], line["problem"]) == (1, "")


def test_an_answer_that_cites_nothing_is_none() -> None:
    with _chat(200, {**_CITED, "citations": []}) as (address, _):
        assert ask(_settings(address), "lore-key")["problem"] == "the answer has no text, or cites nothing"


def test_without_a_key_it_asks_whether_the_chat_is_ready() -> None:
    with _chat(503, {"reason": "no index"}) as (address, asked):
        line = ask(_settings(address), "")
    assert [path for path, _, _ in asked] == ["/health/ready"]
    assert (line["canary_answered"], line["problem"]) == (0, 'HTTP 503: {"reason": "no index"}')


def test_a_chat_that_is_away_counts_as_no_answer() -> None:
    with _chat(200, _CITED) as (address, _):
        pass
    assert ask(_settings(address), "")["canary_answered"] == 0


def test_what_it_writes_is_one_line_that_cloudwatch_reads_as_metrics(capsys: pytest.CaptureFixture[str]) -> None:
    with _chat(200, _CITED) as (address, _):
        ask(_settings(address), "")
    (line,) = capsys.readouterr().out.splitlines()
    said = json.loads(line)
    (metrics,) = said["_aws"]["CloudWatchMetrics"]
    assert (metrics["Namespace"], metrics["Dimensions"], said["stage"]) == ("LoreChat/dev", [["stage"]], "dev")
    assert all(metric["Name"] in said for metric in metrics["Metrics"])
