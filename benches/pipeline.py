"""The whole pipeline on real sites, stage by stage, beside the plain peer in the same run.

git-doc (217 pages) is built by us and by the peer; cmake-doc (1,936 pages) by us alone, for scale. Each stage runs in
a process of its own; models are loaded before the clock starts, for both.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from benches.debian_site import site_folder
from benches.figure import Figure
from benches.stage_cost import StageCost, measure
from benches.static_site import serve

STAGES = ("crawl", "clean", "chunk", "embed", "index")
QUESTIONS = ("how do I undo a commit", "merge conflict", "what is a detached HEAD", "rename a branch", "--no-verify")


def run(data: Path) -> list[Figure]:
    """Measure both sites; `data` is not needed, the sites come from Debian's archive."""
    del data
    with tempfile.TemporaryDirectory() as small, tempfile.TemporaryDirectory() as large:
        with serve(site_folder("git-doc", "usr/share/doc/git-doc")) as site:
            costs = _build(Path(small), f"{site}/git.html")
            again = _build(Path(small), f"{site}/git.html")
            peer = _peer(f"{site}/git.html")
        figures = [*_stage_figures("git-doc", costs, peer), *_whole("git-doc", costs, again, peer)]
        figures += _search_figures("git-doc", Path(small))
        with serve(site_folder("cmake-doc", "usr/share/doc/cmake-data/html")) as site:
            scaled = _build(Path(large), f"{site}/index.html")
        figures += [*_stage_figures("cmake-doc", scaled, {}), *_search_figures("cmake-doc", Path(large))]
    return [*figures, *_memory(costs, scaled)]


def _build(home: Path, start_url: str) -> dict[str, StageCost]:
    measure("prepare", home, start_url)
    return {stage: measure(stage, home, start_url) for stage in STAGES}


def _peer(start_url: str) -> dict[str, dict[str, Any]]:
    from retrieval.minilm import MiniLMFiles

    command = [sys.executable, "-m", "benches.peer", start_url, str(MiniLMFiles.installed().weights.parent)]
    child = subprocess.run(command, capture_output=True, text=True)
    if child.returncode != 0:
        raise RuntimeError(f"the peer failed:\n{child.stderr[-3000:]}")
    records = [json.loads(line) for line in child.stdout.splitlines() if line.startswith("{")]
    return {record["stage"]: record for record in records}


def _stage_figures(site: str, costs: dict[str, StageCost], peer: dict[str, dict[str, Any]]) -> Iterator[Figure]:
    crawl, clean, chunk, embed, index = (costs[stage] for stage in STAGES)

    def rate(stage: str, per: str = "seconds") -> dict[str, Any]:
        there = peer.get(stage)
        return {"peer": there["rows"] / there[per], "peer_name": "peer"} if there else {}

    yield Figure(f"{site}: crawled", crawl.done / crawl.seconds, "pages/s", ">= 55", **rate("crawl"))
    yield Figure(f"{site}: pages", crawl.done, "pages", peer=peer.get("crawl", {}).get("rows"))
    yield Figure(f"{site}: cleaned", clean.done / clean.cpu_seconds, "pages/CPU-s", ">= 40", **rate("clean"))
    yield Figure(f"{site}: cleaned on all cores", clean.done / clean.seconds, "pages/s")
    yield Figure(f"{site}: chunked", chunk.bytes / 1e6 / chunk.seconds, "MB/s", ">= 1.5")
    yield Figure(f"{site}: chunks", index.done, "chunks", peer=peer.get("embed", {}).get("rows"))
    yield Figure(f"{site}: embedded", embed.done / embed.seconds, "chunks/s", **rate("embed"))
    yield Figure(f"{site}: indexed", index.done / index.seconds, "chunks/s", **rate("index"))
    for cost in costs.values():
        there = peer.get(cost.stage, {}).get("peak_mb")
        yield Figure(f"{site}: peak memory of {cost.stage}", cost.peak_mb, "MB", peer=there)


def _whole(
    site: str, costs: dict[str, StageCost], again: dict[str, StageCost], peer: dict[str, dict[str, Any]]
) -> Iterator[Figure]:
    ours = sum(cost.seconds for cost in costs.values())
    theirs = sum(record["seconds"] for record in peer.values())
    embedded, theirs_embedded = costs["embed"], peer["embed"]
    ratio = (embedded.done / embedded.seconds) / (theirs_embedded["rows"] / theirs_embedded["seconds"])
    unchanged = sum(cost.cpu_seconds for cost in again.values())
    yield Figure(f"{site}: whole pipeline", ours, "s", peer=theirs, peer_name="peer")
    yield Figure(f"{site}: whole pipeline, times faster than the peer", theirs / ours, "x", ">= 3")
    yield Figure(f"{site}: chunks embedded, times faster than the peer", ratio, "x", ">= 2")
    yield Figure(f"{site}: second run", sum(cost.seconds for cost in again.values()), "s")
    first = sum(cost.cpu_seconds for cost in costs.values())
    yield Figure(f"{site}: CPU of the second run, of the first", 100 * unchanged / first, "%")


def _search_figures(site: str, home: Path) -> Iterator[Figure]:
    """Latency of hybrid search, the question's embedding included, one caller."""
    from retrieval.local_store import LocalStore
    from retrieval.models import load_embedder
    from retrieval.retriever import Retriever

    retriever = Retriever(LocalStore(home / "index"), load_embedder(cache=home / "models"))
    retriever.search("warm up", sources=["bench"])
    milliseconds = []
    for question in QUESTIONS * 20:
        started = time.perf_counter()
        retriever.search(question, sources=["bench"])
        milliseconds.append(1000 * (time.perf_counter() - started))
    yield Figure(f"{site}: hybrid search p50", float(np.percentile(milliseconds, 50)), "ms")
    yield Figure(f"{site}: hybrid search p99", float(np.percentile(milliseconds, 99)), "ms")


def _memory(small: dict[str, StageCost], large: dict[str, StageCost]) -> Iterator[Figure]:
    for stage in STAGES:
        ratio = large[stage].peak_mb / small[stage].peak_mb
        yield Figure(f"peak memory of {stage}: 1,936 pages to 217", ratio, "x", "<= 1.3")
