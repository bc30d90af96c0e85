"""A stage in several worker processes: killed ones cost nothing, and a page that kills is put aside alone."""

from __future__ import annotations

import os
import resource
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from assets.stages.embedding import embed_chunks
from assets.stages.extraction import extract_documents
from assets.stages.report import StageReport
from assets.stages.sharding import Crew
from assets.stages.splitting import split_documents
from assets.stages.worker_job import ModelChoice
from data_contracts.chunk import CHUNKS
from data_contracts.document import DOCUMENTS
from data_contracts.embedding import EMBEDDINGS
from data_contracts.page_version import PAGE_VERSIONS
from data_contracts.progress import Progress
from data_contracts.quarantine import QUARANTINE
from lake import Lake
from retrieval.local_store import LocalStore
from retrieval.minilm import NAME

pytestmark = pytest.mark.slow

WHEN = ("extracted_at", "embedded_at", "vector")
SUBJECTS = ("rain", "snow", "hail", "wind", "fog")


def html(number: int) -> str:
    menu = "".join(f'<li><a href="/{at}"><span>{at}</span></a></li>' for at in range(400))
    parts = "".join(
        f"<h2>{subject.title()} of day {number}</h2><p>{f'On day {number} there was {subject} again. ' * 6}</p>"
        for subject in SUBJECTS
    )
    return f"<html><head><title>Day {number}</title></head><body><nav><ul>{menu}</ul></nav><main>{parts}</main></body>"


def rows(lake: Lake, table: Any) -> list[dict[str, object]]:
    """What the table says, without when it was said, and vectors for themselves."""
    frame = lake.scan(table).collect()
    return frame.drop([name for name in WHEN if name in frame.columns]).sort(list(table.key)).to_arrow().to_pylist()


def descendants(pid: int) -> set[int]:
    """The processes below one that are alive, as the kernel knows them."""
    parents: dict[int, int] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, parent = stat.read_text().rpartition(")")[2].split()[:2]
        except OSError:  # ended in the meantime
            continue
        if state != "Z":
            parents[int(stat.parent.name)] = int(parent)
    found = {pid}
    while more := {child for child, parent in parents.items() if parent in found} - found:
        found |= more
    return found - {pid}


def cpu_seconds(pid: int) -> float:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@contextmanager
def watched(look: Callable[[set[int]], None]) -> Iterator[None]:
    """Show the processes that are started below this one to `look`, again and again."""
    over = threading.Event()
    others = descendants(os.getpid())  # such as the servers of other tests

    def watch() -> None:
        while not over.wait(0.02):
            look(descendants(os.getpid()) - others)

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


class Killer:
    """Kills two workers, each once it has used some CPU time: it has loaded its code by then, or begun."""

    def __init__(self) -> None:
        self.killed: set[int] = set()

    def look(self, processes: set[int]) -> None:
        for pid in sorted(processes - self.killed):
            if len(self.killed) < 2 and cpu_seconds(pid) > 0.6:
                os.kill(pid, signal.SIGKILL)
                self.killed.add(pid)


@pytest.fixture
def crew(prepared_models: Path) -> Crew:
    """Four workers, which are started however little there is to do."""
    model = ModelChoice(name=NAME, cache=prepared_models)
    return Crew(model, dict(os.environ), 4, least_share={"markdown": 1, "chunks": 1, "embeddings": 1})


def stages(crawled: Any, crew: Crew | None) -> list[Callable[[], StageReport]]:
    source, lake, embedder, chunking = crawled.source, crawled.lake, crawled.embedder, crawled.chunking
    tell = crawled.told.append
    return [
        lambda: extract_documents(source, lake, on_progress=tell, crew=crew),
        lambda: split_documents(source, lake, embedder, chunking, on_progress=tell, crew=crew),
        lambda: embed_chunks(source, lake, embedder, chunking, on_progress=tell, crew=crew),
    ]


def test_four_workers_of_which_two_are_killed_make_what_one_undisturbed_run_makes(
    crawled: Any, crew: Crew, tmp_path: Path
) -> None:
    undisturbed = type(crawled)(Lake(str(tmp_path / "other")), LocalStore(tmp_path / "other-index"), crawled.embedder)
    for one in (crawled, undisturbed):
        one.crawl({f"/{number}": html(number) for number in range(40)})
    for work, alone in zip(stages(crawled, crew), stages(undisturbed, None), strict=True):
        killer = Killer()
        with watched(killer.look):
            report = work()
        assert len(killer.killed) == 2
        expected = alone()
        assert (report.done, report.skipped, report.counts) == (expected.done, expected.skipped, expected.counts)
    for table in (PAGE_VERSIONS, DOCUMENTS, CHUNKS, EMBEDDINGS, QUARANTINE):
        assert rows(crawled.lake, table) == rows(undisturbed.lake, table), table.name
        assert crawled.lake.scan(table).select(table.key).collect().is_duplicated().sum() == 0
    np.testing.assert_allclose(vectors(crawled.lake), vectors(undisturbed.lake), atol=2e-2)
    for one in (crawled, undisturbed):
        one.release()
    assert crawled.store.live("example").release_id == undisturbed.store.live("example").release_id
    assert all(first.done <= then.done for first, then in pairwise(told(crawled, "embeddings")))


def vectors(lake: Lake) -> np.ndarray[Any, Any]:
    return np.array(lake.scan(EMBEDDINGS).sort("text_hash").collect()["vector"].to_list())


def told(crawled: Any, stage: str) -> list[Progress]:
    return [progress for progress in crawled.told if progress.stage == stage]


def test_a_page_that_kills_each_process_that_cleans_it_is_put_aside_alone(crawled: Any, crew: Crew) -> None:
    """The page takes more CPU time than the system gives a process here."""
    paragraph = '<p><a href="/there">Some</a> and <b>more</b> <i>words</i> of <code>it</code></p>'
    crawled.crawl(
        {f"/{number}": html(number) for number in range(6)} | {"/greedy": f"<main>{paragraph * 90_000}</main>"}
    )
    three_seconds = (3, 3)
    seen: set[int] = set()

    def limit(processes: set[int]) -> None:
        for pid in processes - seen:
            with suppress(ProcessLookupError):
                resource.prlimit(pid, resource.RLIMIT_CPU, three_seconds)
        seen.update(processes)

    with watched(limit):
        report = stages(crawled, replace(crew, workers=2))[0]()
    assert (report.done, report.quarantined) == (7, 1)
    [row] = crawled.lake.scan(QUARANTINE).collect().to_dicts()
    assert row["rule"] == "process_died"
    assert "/greedy" in row["reason"]
    assert crawled.lake.scan(DOCUMENTS).collect().height == 6
    assert crawled.extract().done == 0
