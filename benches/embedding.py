"""How fast chunks and questions become vectors, next to sentence-transformers as people call it."""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from assets.stages.embedding import embedding_limits
from assets.stages.pace import Pace
from benches.figure import Figure
from retrieval.embedder import Embedder
from retrieval.minilm import MiniLMFiles
from retrieval.models import load_embedder
from retrieval.tuning import BatchTuner

_CHUNKS = 128
_ROUNDS = 3
_SLICE = 16
_TUNED_ROUNDS = 10
_PEER = "sentence-transformers fp32"
_QUESTIONS = 15 * ["How do I undo the last commit?", "What does the pull policy mean for Texas?", "define recursion"]
_START = (
    "import sys, time; from pathlib import Path; started = time.perf_counter()\n"
    "from retrieval.models import load_embedder\n"
    "load_embedder(cache=Path(sys.argv[1])).embed_query('hello'); print(time.perf_counter() - started)"
)


def run(data: Path) -> list[Figure]:
    """Measure the chosen engine against `SentenceTransformer.encode` as it comes: fp32, batches of 32.

    Both embed the same chunks in turns, and the medians of their rounds count, so that other work on the machine
    slows both. The cosines say that they compute the same.
    """
    from sentence_transformers import SentenceTransformer

    with tempfile.TemporaryDirectory() as folder:
        cache = Path(folder)
        started = time.perf_counter()
        embedder = load_embedder(cache=cache)
        first_start = time.perf_counter() - started
        peer: Any = SentenceTransformer(str(MiniLMFiles.installed().folder), device="cpu", local_files_only=True)
        chunks = _chunks(data, embedder)
        (ours, our_work), (theirs, their_work) = _in_turns(
            embedder.embed_passages, lambda texts: peer.encode(texts, show_progress_bar=False), chunks
        )
        closeness = (embedder.embed_passages(chunks) * peer.encode(chunks, show_progress_bar=False)).sum(axis=1)
        precision = embedder.model_id.split("+")[1]
        return [
            Figure(f"chunks embedded, {precision}", ours, "chunks/s", peer=theirs, peer_name=_PEER),
            Figure("chunks per second of CPU time", our_work, "chunks/CPU-s", peer=their_work, peer_name=_PEER),
            Figure("times the peer's chunks/s", ours / theirs, "x", ">= 2", peer=1.0, peer_name=_PEER),
            Figure("tuned batches, times as fast as fixed ones", _tuned(embedder, chunks), "x", ">= 0.98"),
            Figure("least cosine to the peer's vectors", float(closeness.min()), "", ">= 0.9999"),
            _question(embedder, peer),
            Figure("start to first question", _start_seconds(cache), "s"),
            Figure("first start ever (export, measuring)", first_start, "s"),
        ]


def _chunks(data: Path, embedder: Embedder) -> list[str]:
    """Cut real prose into chunks of 60 to 240 tokens, as chunks of pages are; the same ones in every run."""
    corpora = sorted((data / "chunking" / "corpora").glob("*.md")) or sorted(Path("docs").rglob("*.md"))
    if not corpora:
        raise FileNotFoundError(f"no corpus in {data / 'chunking' / 'corpora'} and none in docs")
    text = "\n".join(path.read_text("utf-8")[:120_000] for path in corpora)
    offsets = embedder.token_offsets(text)
    random = np.random.default_rng(0)
    chunks: list[str] = []
    for start in random.permutation(max(1, len(offsets) - 240))[:_CHUNKS]:
        last = min(start + int(random.triangular(60, 220, 240)), len(offsets)) - 1
        chunks.append(text[offsets[start][0] : offsets[last][1]])
    return chunks


def _in_turns(
    ours: Callable[[list[str]], object], theirs: Callable[[list[str]], object], chunks: list[str]
) -> tuple[tuple[float, float], tuple[float, float]]:
    """Return for each the median rates: chunks per second, and per second of CPU time of all its threads."""
    rates: tuple[list[tuple[float, float]], ...] = ([], [])
    for embed in (ours, theirs):
        embed(chunks[:8])
    for _ in range(_ROUNDS):
        for embed, found in zip((ours, theirs), rates, strict=True):
            started, worked = time.perf_counter(), time.process_time()
            embed(chunks)
            found.append((len(chunks) / (time.perf_counter() - started), len(chunks) / (time.process_time() - worked)))
    first, second = ((statistics.median(wall), statistics.median(work)) for wall, work in map(_columns, rates))
    return first, second


def _tuned(embedder: Embedder, chunks: list[str]) -> float:
    """Embed the same slices with the fixed budget and with one that tunes itself, in turns, for as many batches as a
    site of a thousand chunks has; return how much faster the tuned one was, its trials included."""
    pace = Pace(BatchTuner(embedding_limits(embedder.budget), home=embedder.budget))
    ordered = sorted(chunks, key=len)
    slices = [ordered[start : start + _SLICE] for start in range(0, len(ordered), _SLICE)]
    fixed = tuned = 0.0
    for number in range(_TUNED_ROUNDS):
        pace.tuner.new_stretch()
        for part in slices if number % 2 else slices[::-1]:
            started = time.perf_counter()
            embedder.embed_passages(part)
            between = time.perf_counter()
            pace.call(lambda budget, part=part: embedder.embed_passages(part, budget=budget), units=sum(map(len, part)))  # type: ignore[misc] # bound now
            fixed, tuned = fixed + between - started, tuned + time.perf_counter() - between
    return fixed / tuned


def _columns(pairs: list[tuple[float, float]]) -> tuple[list[float], list[float]]:
    return [first for first, _ in pairs], [second for _, second in pairs]


def _question(embedder: Embedder, peer: Any) -> Figure:
    ours = _median_ms(embedder.embed_query, _QUESTIONS)
    theirs = _median_ms(lambda text: peer.encode(text, show_progress_bar=False), _QUESTIONS)
    return Figure("question, p50", ours, "ms", peer=theirs, peer_name=_PEER)


def _median_ms(embed: Callable[[str], object], questions: Sequence[str]) -> float:
    times = []
    for question in questions:
        started = time.perf_counter()
        embed(question)
        times.append(time.perf_counter() - started)
    return statistics.median(times) * 1000


def _start_seconds(cache: Path) -> float:
    """Return what a new process takes from its first import to its first question's vector."""
    command = [sys.executable, "-c", _START, str(cache)]
    return float(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
