"""One stage of the pipeline in a process of its own, so that its peak memory is its own.

`python -m benches.stage_cost STAGE HOME START_URL` prints one JSON object: seconds, cpu_seconds, peak_mb (the largest
process), done, bytes. HOME holds lake, index and models; the embedder is loaded before the clock starts.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

from data_contracts.progress import Progress
from data_contracts.source import Source


@dataclass(frozen=True, slots=True)
class StageCost:
    """What a stage cost; `done` are its units (pages, documents, texts, chunks), `bytes` what it read."""

    stage: str
    seconds: float
    cpu_seconds: float
    peak_mb: float
    done: int
    bytes: int


def measure(stage: str, home: Path, start_url: str) -> StageCost:
    """Run a stage in a child process and return what it cost."""
    command = [sys.executable, "-m", "benches.stage_cost", stage, str(home), start_url]
    child = subprocess.run(command, capture_output=True, text=True)
    if child.returncode != 0:
        raise RuntimeError(f"stage {stage} failed:\n{child.stderr[-3000:]}")
    return StageCost(**json.loads(child.stdout.splitlines()[-1]))


def bench_source(start_url: str) -> Source:
    """The source under test: a private host, whose pages may be of any size."""
    return Source.model_validate(
        {
            "name": "bench",
            "start_urls": [start_url],
            "allow_private_hosts": True,
            "limits": {"page_bytes": 20_000_000},
            "politeness": {"concurrency": 16},
        }
    )


def _work(stage: str, home: Path, source: Source) -> Callable[[], tuple[int, int]]:
    """Prepare a stage and return what runs it; imports and model loading are over then, as in a long-lived worker."""
    from assets.stages.embedding import embed_chunks
    from assets.stages.extraction import extract_documents
    from assets.stages.release import release_index
    from assets.stages.splitting import split_documents
    from assets.steps.chunk import ChunkingSettings
    from lake import Lake
    from retrieval.local_store import LocalStore
    from retrieval.models import load_embedder
    from scrapers.crawl import crawl_source

    lake, settings = Lake(str(home / "lake")), ChunkingSettings()

    def silent(progress: Progress) -> None:
        """Nobody watches a benchmark."""

    if stage == "crawl":
        return lambda: (
            (crawl := crawl_source(source, lake, on_progress=silent, environment=os.environ)).pages_fetched,
            crawl.body_bytes,
        )
    if stage == "clean":
        return lambda: ((report := extract_documents(source, lake, on_progress=silent)).done, report.bytes)
    embedder = load_embedder(cache=home / "models")
    if stage == "prepare":  # the first load of a model exports it, which costs memory and time once in its life
        return lambda: (0, 0)
    if stage == "chunk":
        return lambda: (
            (report := split_documents(source, lake, embedder, settings, on_progress=silent)).done,
            report.bytes,
        )
    if stage == "embed":
        return lambda: (
            (report := embed_chunks(source, lake, embedder, settings, on_progress=silent)).done,
            report.bytes,
        )
    store = LocalStore(home / "index")
    return lambda: (
        (report := release_index(source, lake, embedder, store, settings, on_progress=silent).report).done,
        report.bytes,
    )


def _cpu_seconds() -> float:
    own, children = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    return own.ru_utime + own.ru_stime + children.ru_utime + children.ru_stime


def main(stage: str, home: str, start_url: str) -> None:
    """Run one stage and print its cost."""
    work = _work(stage, Path(home), bench_source(start_url))
    started, cpu = time.perf_counter(), _cpu_seconds()
    done, size = work()
    seconds, cpu_seconds = time.perf_counter() - started, _cpu_seconds() - cpu
    peak = max(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    print(json.dumps(asdict(StageCost(stage, seconds, cpu_seconds, peak / 1024, done, size))))


if __name__ == "__main__":
    main(*sys.argv[1:])
