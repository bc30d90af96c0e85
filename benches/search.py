"""Search: quality on SciFact and on masked FAQs of real sites, latency on those sites and on 100,000 vectors."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from benches.figure import Figure
from benches.masked_faq import masked_faq_figures
from benches.scifact import scifact_figures
from data_contracts.identity import text_hash
from data_contracts.passage import Passage
from retrieval.embedder import Vectors
from retrieval.local_store import LocalStore
from retrieval.models import load_embedder
from retrieval.ranking import PLAIN
from retrieval.retriever import Retriever
from retrieval.vector_store import PassageBatch, ReleaseManifest

_MANY = 100_000
_DIMENSION = 384
_BATCH = 4_096
_QUESTIONS = (
    "how do I undo a commit",
    "what does --no-verify do",
    "merge conflict",
    "settings of a spider middleware",
    "why is my shell slow to start",
    "error: failed to push some refs",
    "which release should I install",
    "secure a web server",
)


def run(data: Path) -> list[Figure]:
    """Measure through the classes that the chat uses, with the default embedding model."""
    with tempfile.TemporaryDirectory() as home:
        embedder = load_embedder(cache=Path(home) / "models")
        store = LocalStore(Path(home) / "index")
        figures = [*scifact_figures(data, store, embedder), *masked_faq_figures(data, store, embedder)]
        retriever = Retriever(store, embedder)
        plain = Retriever(store, embedder, ranking=PLAIN)
        figures += _latency("hybrid search of git, no technique", lambda at: _ask(plain, at, ["git"]))
        figures += _latency("hybrid search of git, question embedded", lambda at: _ask(retriever, at, ["git"]))
        sites = [name for name in store.sources() if name != "scifact"]
        figures += _latency("hybrid search of five sites, question embedded", lambda at: _ask(retriever, at, sites))
        return [*figures, *_many(Path(home) / "many")]


def _ask(retriever: Retriever, at: int, sources: list[str]) -> None:
    retriever.search(_QUESTIONS[at % len(_QUESTIONS)], sources=sources)


def _latency(name: str, ask: Callable[[int], None], calls: int = 200) -> list[Figure]:
    ask(0)
    milliseconds = []
    for at in range(calls):
        started = time.perf_counter()
        ask(at)
        milliseconds.append(1000 * (time.perf_counter() - started))
    return [Figure(f"{name}: p{p}", float(np.percentile(milliseconds, p)), "ms") for p in (50, 99)]


def _many(root: Path) -> list[Figure]:
    """Build and search a release of synthetic vectors in 2,000 clusters, with texts of words drawn by Zipf's law."""
    store = LocalStore(root)
    release = text_hash("many")
    manifest = ReleaseManifest(
        "many", release, "many", "synthetic", _DIMENSION, "bench", "bench", _MANY, _MANY, datetime.now(UTC)
    )
    started = time.perf_counter()
    store.build(manifest, _synthetic())
    seconds = time.perf_counter() - started
    store.promote("many", release)
    asked = _clustered(np.random.default_rng(1), 256)

    def ask(at: int) -> None:
        text = f"word{at % 50} word{at * 7 % 5000} word{at * 13 % 900}"
        store.search("many", vector=asked[at % len(asked)], text=text, model_id="synthetic", limit=8)

    return [Figure("100,000 vectors: build", seconds, "s"), *_latency("100,000 vectors, hybrid", ask)]


def _synthetic() -> Iterator[PassageBatch]:
    random = np.random.default_rng(0)
    for start in range(0, _MANY, _BATCH):
        count = min(_BATCH, _MANY - start)
        words = random.zipf(1.3, size=(count, 60)) % 20_000
        texts = [" ".join(f"word{word}" for word in row) for row in words]
        passages = [_passage(start + at, text) for at, text in enumerate(texts)]
        yield PassageBatch(passages, _clustered(random, count))


def _clustered(random: np.random.Generator, count: int) -> Vectors:
    centres = np.random.default_rng(2).standard_normal((2_000, _DIMENSION), dtype=np.float32)
    vectors = centres[random.integers(len(centres), size=count)]
    vectors = vectors + 0.6 * random.standard_normal((count, _DIMENSION), dtype=np.float32)
    normed: Vectors = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
    return normed


def _passage(number: int, text: str) -> Passage:
    name = text_hash(str(number))
    return Passage(
        name, "many", f"https://site.test/{number}", "page", (), None, text, 0, 0, len(text), name, name, name,
        datetime.now(UTC),
    )  # fmt: skip
