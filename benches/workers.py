"""What a second worker brings: cleaning and embedding by one stage worker and by two, in the same run.

One worker is one process with one thread: the command that runs on a cloud, too. Their start is part of the time, as
it is for who waits. Cleaning has three sites of some 2,700 pages in all, embedding the chunks of some pages of one.
"""

from __future__ import annotations

import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

from benches.debian_site import site_folder
from benches.figure import Figure
from benches.static_site import serve
from data_contracts.progress import Progress
from data_contracts.source import Source

_SITES = (
    ("cmake-doc", "usr/share/doc/cmake-data/html", "index.html"),
    ("git-doc", "usr/share/doc/git-doc", "git.html"),
    ("python3.11-doc", "usr/share/doc/python3.11/html", "index.html"),
)
_EMBEDDED_PAGES = 60
_ROUNDS = 2
_UNITS = {"markdown": "pages", "embeddings": "texts"}


def run(data: Path) -> list[Figure]:
    """Measure each stage with one worker and with two, in turns; the best round of each counts, since other work on the
    machine only ever slows. `data` is not needed, the sites come from Debian's archive."""
    del data
    with tempfile.TemporaryDirectory() as folder, ExitStack() as serving:
        home = Path(folder)
        starts = [f"{serving.enter_context(serve(site_folder(name, root)))}/{start}" for name, root, start in _SITES]
        _prepare(home / "markdown", _source(starts))
        _prepare(home / "embeddings", _source(starts[1:2], pages=_EMBEDDED_PAGES), cut=True)
        return [figure for stage in _UNITS for figure in _figures(stage, home / stage)]


def _figures(stage: str, home: Path) -> list[Figure]:
    rounds = [(_measured(stage, home, 1), _measured(stage, home, 2)) for _ in range(_ROUNDS)]
    one = min((first for first, _ in rounds), key=lambda cost: cost["seconds"])
    two = min((second for _, second in rounds), key=lambda cost: cost["seconds"])
    unit, done = _UNITS[stage], one["done"]
    return [
        Figure(f"{stage}: by two workers", done / two["seconds"], f"{unit}/s", "", done / one["seconds"], "one worker"),
        Figure(f"{stage}: two workers, times as fast as one", one["seconds"] / two["seconds"], "x", ">= 1.7"),
        Figure(f"{stage}: peak memory of a worker of two", two["peak_mb"], "MB", "", one["peak_mb"], "one worker"),
    ]


def _source(starts: list[str], pages: int = 10_000) -> Source:
    return Source.model_validate(
        {
            "name": "bench",
            "start_urls": starts,
            "allow_private_hosts": True,
            "limits": {"page_bytes": 20_000_000, "pages": pages},
            "politeness": {"concurrency": 16},
        }
    )


def _prepare(home: Path, source: Source, *, cut: bool = False) -> None:
    """Crawl, and clean and cut where that is not what is measured."""
    from assets.stages.extraction import extract_documents
    from assets.stages.splitting import split_documents
    from assets.steps.chunk import ChunkingSettings
    from lake import Lake
    from retrieval.models import load_embedder
    from scrapers.crawl import crawl_source

    lake = Lake(str(home / "lake"))
    crawl_source(source, lake, on_progress=_silent, environment=os.environ)
    embedder = load_embedder(cache=home.parent / "models")
    if cut:
        extract_documents(source, lake, on_progress=_silent)
        split_documents(source, lake, embedder, ChunkingSettings(), on_progress=_silent)
    (home / "source.json").write_text(source.model_dump_json(), "utf-8")


def _measured(stage: str, home: Path, hands: int) -> dict[str, float]:
    """Run a stage on a copy of the prepared lake, in a process of its own, and return what it cost."""
    with tempfile.TemporaryDirectory() as copy:
        shutil.copytree(home / "lake", Path(copy) / "lake")
        command = [sys.executable, "-m", "benches.workers", stage, str(home), copy, str(hands)]
        child = subprocess.run(command, capture_output=True, text=True)
    if child.returncode != 0:
        raise RuntimeError(f"{stage} with {hands} workers failed:\n{child.stderr[-3000:]}")
    found: dict[str, float] = json.loads(child.stdout.splitlines()[-1])
    return found


def _work(stage: str, home: Path, lake_folder: Path, hands: int) -> dict[str, float]:
    from assets.stages.meter import Meter
    from assets.stages.sharding import Crew
    from assets.stages.worker_job import ModelChoice
    from lake import Lake
    from retrieval.minilm import NAME

    source = Source.model_validate_json((home / "source.json").read_text("utf-8"))
    crew = Crew(ModelChoice(name=NAME, cache=home.parent / "models"), dict(os.environ), threads=1)
    meter = Meter(stage, _UNITS[stage], total=None, skipped=0, on_progress=_silent)
    began = time.perf_counter()
    crew.run(stage, source, Lake(str(lake_folder / "lake")), meter, hands=hands)
    seconds = time.perf_counter() - began
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    return {"seconds": seconds, "done": meter.report(source.name).done, "peak_mb": peak}


def _silent(progress: Progress) -> None:
    """Nobody watches a benchmark."""


if __name__ == "__main__":
    print(json.dumps(_work(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]), int(sys.argv[4]))))
