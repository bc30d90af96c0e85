"""An index in Upstash against the same one in a folder, over a stand-in server: the same passages, and what it costs.

The server is `tests/doubles/upstash_double.py`: real HTTP on this machine, and the scores that Upstash's documentation
gives formulas for. So the figures say what asking it that way finds and what our side of it takes; the network and
Upstash's own time come on top.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from statistics import mean
from types import ModuleType
from typing import Any, cast

import numpy as np

if "tests" not in sys.modules:  # an installed package of the same name would be found otherwise
    _tests = ModuleType("tests")
    _tests.__path__ = [str(Path(__file__).resolve().parents[1] / "tests")]
    sys.modules["tests"] = _tests

from benches.agreement import kendall_tau, top_overlap
from benches.figure import Figure
from benches.masked_faq import Question, has_page, hits, masked_sites, publish_sites
from data_contracts.passage import ScoredPassage
from retrieval.async_reader import AsyncReader, StoreReader
from retrieval.embedder import Embedder, Vectors
from retrieval.local_store import LocalStore
from retrieval.models import load_embedder
from retrieval.retriever import AsyncRetriever
from retrieval.upstash.plan import UpstashPlan
from retrieval.upstash.reader import UpstashReader
from retrieval.upstash.store import UpstashStore
from retrieval.vector_store import PassageBatch, ReleaseManifest
from tests.doubles.upstash_double import UpstashDouble

_DEPTH = 10
_AT_ONCE = 16
_OVERLAP, _TAU, _WORSE = 0.9, 0.8, 0.02


class KnownQuestions:
    """An embedder that embeds each question once: what is measured is the search. Everything else is the model's."""

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder
        self._known: dict[str, Vectors] = {}

    def __getattr__(self, name: str) -> Any:
        return getattr(self._embedder, name)

    def embed_query(self, text: str) -> Vectors:
        """Return the question's vector, of `dimension` numbers."""
        if text not in self._known:
            self._known[text] = self._embedder.embed_query(text)
        return self._known[text]


def run(data: Path) -> list[Figure]:
    """Publish the masked sites in a folder, copy the releases, ask both, compare."""
    with tempfile.TemporaryDirectory() as home:
        embedder = load_embedder(cache=Path(home) / "models")
        questions, sites = masked_sites(data)
        local = LocalStore(Path(home) / "index")
        publish_sites(sites, local, embedder)
        return compared(local, embedder, questions)


def compared(local: LocalStore, embedder: Embedder, questions: Sequence[Question]) -> list[Figure]:
    """Copy a store's live releases into a stand-in of Upstash, ask both, compare."""
    double, plan = UpstashDouble(dimension=embedder.dimension), UpstashPlan(question_patience=120)
    try:
        started = time.perf_counter()
        with UpstashStore(double.url, double.token, plan=plan) as remote:
            for release in _live(local):
                batches = _distinct(local.contents(release.source, release.release_id))
                rows = sum(len(batch.passages) for batch in batches)
                remote.build(replace(release, chunks=rows), batches)
                remote.promote(release.source, release.release_id)
        built = time.perf_counter() - started
        chunks = sum(release.chunks for release in _live(local))
        readers: dict[str, AsyncReader] = {
            "folder": StoreReader(local),
            "Upstash": UpstashReader(double.url, double.token, plan=plan),
        }
        figures = asyncio.run(_compared(readers, cast(Embedder, KnownQuestions(embedder)), questions))
        return [Figure("passages", chunks, ""), Figure("sent and seen", chunks / built, "passages/s"), *figures]
    finally:
        double.close()


def _distinct(batches: Iterable[PassageBatch]) -> list[PassageBatch]:
    """Passages of masked pages that read the same have one id, and a row has an id of its own."""
    seen: set[str] = set()
    kept = []
    for batch in batches:
        first = [at for at, one in enumerate(batch.passages) if one.chunk_id not in seen and not seen.add(one.chunk_id)]  # type: ignore[func-returns-value]  # adds
        kept.append(PassageBatch([batch.passages[at] for at in first], batch.vectors[first]))
    return kept


def _live(store: LocalStore) -> list[ReleaseManifest]:
    return [release for name in store.sources() if (release := store.live(name)) is not None]


async def _compared(
    readers: Mapping[str, AsyncReader], embedder: Embedder, questions: Sequence[Question]
) -> list[Figure]:
    found: dict[str, list[list[ScoredPassage]]] = {}
    figures = []
    for name, reader in readers.items():
        retriever = AsyncRetriever(reader, embedder)
        found[name] = [await _asked(reader, retriever, question, 100) for question in questions]
        figures += await _speed(name, reader, retriever, questions)
        await reader.close()
    return [*_agreement(questions, found["folder"], found["Upstash"]), *figures]


def _agreement(
    questions: Sequence[Question], local: list[list[ScoredPassage]], remote: list[list[ScoredPassage]]
) -> list[Figure]:
    ids = [(_names(a), _names(b)) for a, b in zip(local, remote, strict=True)]
    taus = [tau for pair in ids if (tau := kendall_tau(*pair)) is not None]
    figures = [
        Figure(f"top-{_DEPTH} overlap, mean", mean(top_overlap(*pair) for pair in ids), "", f">= {_OVERLAP}"),
        Figure("rank correlation of the common ones (Kendall), mean", mean(taus), "", f">= {_TAU}"),
        Figure("same first passage", mean(a[:1] == b[:1] for a, b in ids), ""),
    ]
    for k in (1, 10):
        ours, theirs = ([[one.passage for one in row] for row in rows] for rows in (remote, local))
        there = hits(questions, theirs, k, has_page)
        goal = f">= {there - _WORSE:.3f}"
        value = hits(questions, ours, k, has_page)
        figures.append(Figure(f"masked FAQ hit@{k} hybrid, Upstash", value, "", goal, there, "folder"))
    return figures


def _names(found: Sequence[ScoredPassage]) -> list[str]:
    return [scored.passage.chunk_id for scored in found[:_DEPTH]]


async def _speed(
    name: str, reader: AsyncReader, retriever: AsyncRetriever, questions: Sequence[Question]
) -> list[Figure]:
    milliseconds = []
    for question in questions:
        started = time.perf_counter()
        await _asked(reader, retriever, question, 8)
        milliseconds.append(1000 * (time.perf_counter() - started))
    gate = asyncio.Semaphore(_AT_ONCE)

    async def one(question: Question) -> None:
        async with gate:
            await _asked(reader, retriever, question, 8)

    started = time.perf_counter()
    await asyncio.gather(*(one(question) for question in questions))
    rate = len(questions) / (time.perf_counter() - started)
    return [
        *(Figure(f"search in {name}: p{p}", float(np.percentile(milliseconds, p)), "ms") for p in (50, 95)),
        Figure(f"search in {name}, {_AT_ONCE} at once", rate, "searches/s"),
    ]


async def _asked(reader: AsyncReader, retriever: AsyncRetriever, question: Question, limit: int) -> list[ScoredPassage]:
    return await reader.whole(lambda: retriever.search(question.text, sources=[question.site], limit=limit))
