"""The exported default model for all tests of a run (pytest-xdist's workers share it), and passages to search."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from data_contracts.identity import text_hash
from data_contracts.passage import Passage
from retrieval.embedder import Vectors
from retrieval.local_store import LocalStore
from retrieval.onnx_cache import CachedModel, cached_minilm
from retrieval.upstash.plan import UpstashPlan
from retrieval.upstash.store import UpstashStore
from retrieval.vector_store import PassageBatch, ReleaseManifest, VectorStore
from tests.doubles.upstash_double import UpstashDouble

DIMENSION = 64
SMALL_PLAN = UpstashPlan(rows=2, top=1000, parallel=3)
"""So that a few passages make several requests."""


@contextmanager
def _local(folder: Path) -> Iterator[VectorStore]:
    yield LocalStore(folder)


@contextmanager
def _upstash(_: Path, *, lag: int = 0) -> Iterator[VectorStore]:
    double = UpstashDouble(dimension=DIMENSION, lag=lag)
    try:
        with UpstashStore(double.url, double.token, plan=SMALL_PLAN) as store:
            yield store
    finally:
        double.close()


STORES: dict[str, Callable[[Path], AbstractContextManager[VectorStore]]] = {
    "local": _local,
    "upstash": _upstash,
    "upstash-late": partial(_upstash, lag=3),
}
"""Every implementation of the protocol, made in an empty folder; the late one shows a write three requests later."""


@pytest.fixture(scope="session")
def exported(prepared_models: Path) -> CachedModel:
    return cached_minilm(prepared_models)


@pytest.fixture
def make_passage() -> Callable[..., Passage]:
    """A passage with a body, and whatever else a test cares about."""

    def make(body: str, *, title: str = "", headings: tuple[str, ...] = (), source: str = "docs") -> Passage:
        prefix = f"{' > '.join(headings)}\n\n" if headings else ""
        return Passage(
            chunk_id=text_hash(f"{source} {prefix} {body}"),
            source=source,
            url="https://site.test/page",
            title=title,
            heading_path=headings,
            anchor=None,
            text=prefix + body,
            prefix_chars=len(prefix),
            start=0,
            end=len(body) + 1,
            page_version_id=text_hash(title),
            markdown_hash=text_hash(title),
            text_hash=text_hash(prefix + body),
            fetched_at=datetime(2026, 1, 1, tzinfo=UTC),
        )

    return make


class Shelf:
    """A store, and releases of a few sentences to put into it."""

    model = "words-64"
    texts = (
        "Install the package with pip and restart the shell.",
        "The --no-verify flag skips the hooks before a commit.",
        "A rebase moves commits onto another branch.",
        "Cron entries start the backup every night at two.",
        "The error ENOSPC means that the disk is full.",
    )

    def __init__(self, store: VectorStore) -> None:
        self.store = store

    def vector_of(self, text: str) -> Vectors:
        """A bag of words in 64 dimensions: texts that share words are near."""
        vector = np.zeros(DIMENSION, dtype=np.float32)
        for word in text.lower().split():
            vector[int(text_hash(word)[:8], 16) % DIMENSION] += 1
        norm: Vectors = vector / max(float(np.linalg.norm(vector)), 1e-9)
        return norm

    def passages_of(self, texts: Sequence[str], source: str = "docs") -> list[Passage]:
        return [
            Passage(
                chunk_id=text_hash(f"{source} {number}"),
                source=source,
                url=f"https://site.test/{number}",
                title=f"Page {number}",
                heading_path=("Guide", f"Part {number}"),
                anchor=f"part-{number}" if number else None,
                text=f"Guide\n\n{text}",
                prefix_chars=7,
                start=10 * number,
                end=10 * number + len(text),
                page_version_id=text_hash(f"version {number}"),
                markdown_hash=text_hash(f"markdown {number}"),
                text_hash=text_hash(text),
                fetched_at=datetime(2026, 1, 2, 3, 4, 5, 678, tzinfo=UTC),
            )
            for number, text in enumerate(texts)
        ]

    def manifest_of(self, texts: Sequence[str], *, source: str = "docs", name: str = "one") -> ReleaseManifest:
        return ReleaseManifest(
            source=source,
            release_id=text_hash(name),
            title="The docs",
            model_id=self.model,
            dimension=DIMENSION,
            chunker_version="c1",
            extractor_version="e1",
            pages=len(texts),
            chunks=len(texts),
            built_at=datetime(2026, 1, 1, tzinfo=UTC),
            starters=("What is it?", "How does it start?"),
        )

    def batches_of(self, texts: Sequence[str], source: str = "docs", size: int = 2) -> Iterator[PassageBatch]:
        passages = self.passages_of(texts, source)
        for start in range(0, len(passages), size):
            batch = passages[start : start + size]
            yield PassageBatch(batch, np.array([self.vector_of(passage.body) for passage in batch]))

    def publish(self, texts: Sequence[str] = texts, *, source: str = "docs", name: str = "one") -> ReleaseManifest:
        manifest = self.manifest_of(texts, source=source, name=name)
        self.store.build(manifest, self.batches_of(texts, source))
        self.store.promote(source, manifest.release_id)
        return manifest

    def ask(self, text: str, *, source: str = "docs", limit: int = 3, **more: Any) -> list[str]:
        """The bodies of the passages found, best first."""
        found = self.store.search(
            source, vector=self.vector_of(text), text=text, model_id=self.model, limit=limit, **more
        )
        return [scored.passage.body for scored in found]


@pytest.fixture(params=sorted(STORES))
def shelf(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Shelf]:
    """A shelf for each implementation of the protocol."""
    with STORES[request.param](tmp_path) as store:
        yield Shelf(store)
