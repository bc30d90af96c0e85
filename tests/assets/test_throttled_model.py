"""A remote embedding model that answers 429 when it is asked too much: the stage waits, asks for less and goes on."""

from __future__ import annotations

import json
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import numpy as np
import pytest

from assets.stages.batch_memory import BatchMemory
from assets.stages.embedding import embed_chunks
from assets.stages.report import StageReport
from data_contracts.embedding import EMBEDDINGS
from data_contracts.identity import text_hash
from retrieval.embedder import Vectors
from retrieval.error import Throttled

DIMENSION = 16


class ModelServer:
    """Answers a batch with a unit vector for each text, and 429 to batches of more than `most` tokens."""

    def __init__(self) -> None:
        self.most = 10**9
        self.answered: list[int] = []
        self.refused: list[int] = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _handler(model) -> type[BaseHTTPRequestHandler]:
        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                too_much = asked["budget"] > model.most
                (model.refused if too_much else model.answered).append(asked["budget"])
                body = b"" if too_much else json.dumps([unit(text) for text in asked["texts"]]).encode()
                self.send_response(429 if too_much else 200)
                self.send_header("Retry-After", "0.02")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:
                """Say nothing: pytest's output is for failures."""

        return Handler


def unit(text: str) -> list[float]:
    vector = [0.0] * DIMENSION
    vector[int(text_hash(text)[:8], 16) % DIMENSION] = 1.0
    return vector


class RemoteEmbedder:
    """An Embedder whose vectors come from a server; tokens are words."""

    model_id, dimension, max_tokens, tokenizer_id = "remote", DIMENSION, 10_000, "words"
    engine, budget = "http", 1024

    def __init__(self, url: str) -> None:
        self._url = url

    def token_offsets(self, text: str) -> list[tuple[int, int]]:
        starts = [at for at in range(len(text)) if not text[at].isspace() and (at == 0 or text[at - 1].isspace())]
        return [(at, at + len(text[at:].split(maxsplit=1)[0])) for at in starts]

    def embed_passages(self, texts: Sequence[str], *, budget: int | None = None) -> Vectors:
        body = json.dumps({"texts": list(texts), "budget": budget or self.budget}).encode()
        try:
            with urllib.request.urlopen(urllib.request.Request(self._url, body), timeout=10) as response:
                return np.array(json.loads(response.read()), dtype=np.float32)
        except urllib.error.HTTPError as error:
            with error:
                if error.code != 429:
                    raise
                raise Throttled(
                    "the model asks to be called less often", float(error.headers["Retry-After"])
                ) from error

    def embed_query(self, text: str) -> Vectors:
        return self.embed_passages([text])[0]


@pytest.fixture
def server() -> Iterator[ModelServer]:
    server = ModelServer()
    yield server
    server.close()


@pytest.fixture
def cut(crawled: Any, server: ModelServer) -> Any:
    """A source that is cut into chunks, with the remote model."""
    crawled.embedder = RemoteEmbedder(server.url)
    paragraphs = "".join(f"<h2>Part {number}</h2><p>{f'Word {number} of it. ' * 12}</p>" for number in range(200))
    crawled.crawl({"/": f"<main><h1>Words</h1>{paragraphs}</main>"})
    crawled.extract()
    assert crawled.split().added == 200
    return crawled


def embed(crawled: Any) -> StageReport:
    return embed_chunks(
        crawled.source, crawled.lake, crawled.embedder, crawled.chunking, on_progress=crawled.told.append
    )


def test_a_throttled_stage_waits_asks_for_less_and_ends_with_every_vector(cut: Any, server: ModelServer) -> None:
    server.most = 300
    report = embed(cut)
    assert report.added == report.counts["distinct texts"] == 200
    assert cut.lake.scan(EMBEDDINGS).collect().height == 200
    assert server.refused
    assert max(server.answered) <= 300
    outcomes = [point.outcome for point in report.batches]
    assert outcomes.count("throttled") == len(server.refused)
    assert report.best_batch is not None
    assert report.best_batch <= 300


def test_the_next_run_begins_with_the_size_that_the_last_one_found(cut: Any, server: ModelServer) -> None:
    server.most = 300
    found = embed(cut).best_batch
    assert BatchMemory(cut.lake, "embeddings", "remote http", "padded tokens").best() == found
    cut.crawl({"/more": "<main><h1>More</h1><p>One more page of words.</p></main>"})
    cut.extract()
    cut.split()
    server.answered.clear()
    server.refused.clear()
    assert embed(cut).added == 1
    assert server.refused == []
    assert server.answered == [found]


def test_a_model_that_never_stops_refusing_ends_the_stage_with_its_words(cut: Any, server: ModelServer) -> None:
    server.most = 0
    with pytest.raises(Throttled, match="called less often"):
        embed(cut)
    server.most = 10**9
    assert embed(cut).added == 200
