"""A real index of a few small pages, and a real server that speaks the language of model providers."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from chat_app.settings import ChatSettings
from data_contracts.identity import content_id, text_hash
from data_contracts.passage import Passage
from retrieval.embedder import Embedder
from retrieval.local_store import LocalStore
from retrieval.models import load_embedder
from retrieval.vector_store import PassageBatch, ReleaseManifest
from tests.chat_app.browser import browser, open_chat  # noqa: F401 - fixtures of all browser tests
from tests.chat_app.running_chat import serve  # noqa: F401 - a fixture of all tests with a server

SITE = "https://bees.example/keeping"
BODIES = {
    "Swarming": (
        "A colony swarms in late spring when the hive is too crowded. The old queen leaves with about half of the "
        "workers. Add a second brood box before the first warm week to prevent swarming."
    ),
    "Feeding": (
        "Feed sugar syrup in autumn if the hive holds less than fifteen kilograms of honey. Mix two parts of sugar "
        "with one part of water:\n\n```text\nsyrup = 2 * sugar + 1 * water\n```\n\nNever feed honey of unknown origin."
    ),
    "Smoking": (
        "Smoke calms bees because they fill up on honey when they smell fire. Use dry wood chips in the smoker, "
        "see the [list of fuels](https://bees.example/fuels) and [3] for more."
    ),
    "Winter": (
        "Bees form a cluster in winter and keep its centre at about thirty degrees. Leave the hive closed below ten "
        "degrees: every opening costs the colony warmth."
    ),
}


def make_passages(bodies: dict[str, str] = BODIES, *, source: str = "bees") -> list[Passage]:
    found = []
    for place, (heading, body) in enumerate(bodies.items()):
        prefix = f"Keeping bees > {heading}\n\n"
        found.append(
            Passage(
                chunk_id=content_id(source, heading, body),
                source=source,
                url=SITE,
                title="Keeping bees",
                heading_path=("Keeping bees", heading),
                anchor=heading.lower(),
                text=prefix + body,
                prefix_chars=len(prefix),
                start=place * 1000,
                end=place * 1000 + len(body),
                page_version_id=text_hash(source),
                markdown_hash=text_hash(source),
                text_hash=text_hash(prefix + body),
                fetched_at=datetime(2026, 5, 4, 12, 30, tzinfo=UTC),
            )
        )
    return found


@pytest.fixture(scope="session")
def models(pytestconfig: pytest.Config) -> Path:
    """A cache folder that is kept between runs, as a user's is: exporting takes 10 s."""
    assert pytestconfig.cache is not None
    return pytestconfig.cache.mkdir("embedding-models")


@pytest.fixture(scope="session")
def embedder(models: Path) -> Embedder:
    return load_embedder(cache=models, threads=1)


@pytest.fixture(scope="session")
def passages() -> list[Passage]:
    return make_passages()


@pytest.fixture
def publish(embedder: Embedder, tmp_path: Path) -> Callable[..., ReleaseManifest]:
    """Build and promote a release in the test's own store."""

    def publish(
        bodies: dict[str, str] = BODIES, *, source: str = "bees", title: str = "Bee handbook", model_id: str = ""
    ) -> ReleaseManifest:
        found = make_passages(bodies, source=source)
        manifest = ReleaseManifest(
            source=source,
            release_id=content_id(model_id, *(passage.chunk_id for passage in found)),
            title=title,
            model_id=model_id or embedder.model_id,
            dimension=embedder.dimension,
            chunker_version="1",
            extractor_version="1",
            pages=1,
            chunks=len(found),
            built_at=datetime.now(UTC),
            starters=tuple(bodies),
        )
        store = LocalStore(tmp_path / "home" / "index")
        vectors = embedder.embed_passages([passage.text for passage in found])
        store.build(manifest, [PassageBatch(found, vectors)])
        store.promote(source, manifest.release_id)
        return manifest

    return publish


@pytest.fixture
def make_settings(tmp_path: Path, models: Path) -> Callable[..., ChatSettings]:
    """Settings of a laptop run in the test's folder, whatever this machine's environment says."""

    def make(**changes: object) -> ChatSettings:
        fixed: dict[str, object] = {"home": tmp_path / "home", "models": models, "openai_api_key": ""}
        return ChatSettings(_env_file=None, **(fixed | {"openai_base_url": ""} | changes))

    return make


class ProviderDouble:
    """An OpenAI-compatible server on a free loopback port. The model's name says how it behaves: `good` streams
    `text` in pieces of seven characters, `silent` sends nothing, `broken` ends the connection in the middle, a number
    is answered as that status. `asked` holds the requests' bodies."""

    def __init__(self) -> None:
        self.text = "Swarms leave in late spring [1]."
        self.asked: list[dict[str, object]] = []
        self.release = threading.Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/v1"

    def close(self) -> None:
        self.release.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _handler(double) -> type[BaseHTTPRequestHandler]:
        class Handler(BaseHTTPRequestHandler):
            def log_message(self, format: str, *args: object) -> None: ...

            def do_GET(self) -> None:
                self._json(200, {"object": "list", "data": [{"id": "good", "object": "model", "created": 1}]})

            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["content-length"])))
                double.asked.append(body)
                model = body["model"]
                if model.isdigit():
                    self._json(int(model), {"error": {"message": "no", "code": "no"}})
                elif model == "silent":
                    double.release.wait(20)
                else:
                    self._stream(broken=model == "broken")

            def _stream(self, *, broken: bool) -> None:
                self.send_response(200)
                self.send_header("content-type", "text/event-stream")
                self.send_header("connection", "close")
                self.send_header("transfer-encoding", "chunked")
                self.end_headers()
                pieces = [double.text[at : at + 7] for at in range(0, len(double.text), 7)]
                for piece in pieces[: len(pieces) // 2] if broken else pieces:
                    self._event({"choices": [{"index": 0, "delta": {"role": "assistant", "content": piece}}]})
                    time.sleep(0.005)
                if broken:
                    self.connection.close()
                    return
                self._event({"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]})
                self._chunk(b"data: [DONE]\n\n")
                self._chunk(b"")

            def _event(self, event: dict[str, object]) -> None:
                whole = {"id": "1", "object": "chat.completion.chunk", "created": 1, "model": "good", **event}
                self._chunk(f"data: {json.dumps(whole)}\n\n".encode())

            def _chunk(self, data: bytes) -> None:
                self.wfile.write(b"%x\r\n%s\r\n" % (len(data), data))
                self.wfile.flush()

            def _json(self, status: int, body: dict[str, object]) -> None:
                data = json.dumps(body).encode()
                self.send_response(status)
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

        return Handler


@pytest.fixture
def provider() -> Iterator[ProviderDouble]:
    double = ProviderDouble()
    yield double
    double.close()
