"""Building releases in Upstash: what is sent, when it counts as built, and what a cut-off build leaves."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from retrieval.error import IndexDamaged, StoreUnreachable
from retrieval.upstash.plan import UpstashPlan
from retrieval.upstash.store import UpstashStore
from retrieval.upstash.sweep import PAGES
from retrieval.vector_store import ReleaseManifest
from tests.doubles.upstash_double import UpstashDouble
from tests.retrieval.conftest import DIMENSION, Shelf

TEXTS = tuple(f"Fact number {number} of the long book of facts." for number in range(40))
PLAN = UpstashPlan(rows=5, parallel=3, settle=5.0, patience=5.0)


def built(double: UpstashDouble, texts: tuple[str, ...] = TEXTS, *, plan: UpstashPlan = PLAN, name: str = "one") -> str:
    with UpstashStore(double.url, double.token, plan=plan) as store:
        return Shelf(store).publish(texts, name=name).release_id


def batches_sent(double: UpstashDouble) -> list[int]:
    """How many passages each request brought; pages, notes and pointers go elsewhere."""
    return [call.rows for call in double.calls if call.operation == "upsert" and is_of_passages(call.namespace)]


def is_of_passages(namespace: str) -> bool:
    return namespace.startswith("lorechat.docs.") and not namespace.endswith(PAGES)


def test_rows_go_out_in_the_plans_batches_some_at_once(make_double: Callable[..., UpstashDouble]) -> None:
    double = make_double(batch=5)
    double.together = 3
    built(double)
    assert batches_sent(double) == [5] * 8
    assert double.most_running == 3


def test_a_release_counts_as_built_when_all_its_rows_are_seen(make_double: Callable[..., UpstashDouble]) -> None:
    double = make_double(lag=4)
    release_id = built(double, plan=UpstashPlan(rows=5, parallel=3, settle=60.0))
    there = double.index.namespaces[f"lorechat.docs.{release_id}"]
    assert (len(there.rows), there.waiting) == (len(TEXTS), [])


def test_rows_that_never_show_up_are_told_and_nothing_goes_live(make_double: Callable[..., UpstashDouble]) -> None:
    double = make_double()
    upsert = double.index.upsert
    double.index.upsert = lambda name, rows: upsert(name, rows[1:] if len(rows) > 1 else rows)  # type: ignore[method-assign,index]  # a server that loses rows
    with pytest.raises(IndexDamaged, match=r"32 rows in Upstash instead of 40.*sends what is missing"):
        built(double, plan=UpstashPlan(rows=5, settle=0.2))
    double.index.upsert = upsert  # type: ignore[method-assign]  # of the stand-in, not of ours
    before = len(batches_sent(double))
    built(double)
    assert batches_sent(double)[before:] == [1] * 8


def test_throttling_slows_a_build_down_and_loses_nothing(make_double: Callable[..., UpstashDouble]) -> None:
    double = make_double()
    double.trouble = lambda number, path: (429, {"retry-after": "0.01"}) if number % 3 == 1 else None
    release_id = built(double)
    assert len(double.index.namespaces[f"lorechat.docs.{release_id}"].rows) == len(TEXTS)


@pytest.mark.slow
def test_a_killed_build_is_resumed_with_what_is_missing(make_double: Callable[..., UpstashDouble]) -> None:
    """The server stops answering after some batches, and the builder is killed while it waits."""
    double = make_double()
    sent: list[int] = []

    def trouble(number: int, path: str) -> str | None:
        if path.startswith("/upsert/lorechat.docs."):
            sent.append(number)
        return "stall" if len(sent) > 4 else None

    double.trouble = trouble
    child = Path(__file__).with_name("build_child.py")
    builder = subprocess.Popen([sys.executable, str(child), double.url, double.token])
    try:
        while len(sent) <= 4:
            assert builder.poll() is None
            double.wait_for_calls(len(double.calls) + 1)
    finally:
        os.kill(builder.pid, signal.SIGKILL)
        builder.wait()
    double.trouble = lambda number, path: None
    with UpstashStore(double.url, double.token, plan=PLAN) as store:
        assert store.releases("docs") == []
    [space] = [space for name, space in double.index.namespaces.items() if is_of_passages(name)]
    left = len(space.rows)
    assert 0 < left < len(TEXTS)
    before = len(batches_sent(double))
    built(double)
    assert sum(batches_sent(double)[before:]) == len(TEXTS) - left
    assert len(space.rows) == len(TEXTS)


def test_rows_of_an_earlier_try_that_do_not_belong_there_are_deleted(make_double: Callable[..., UpstashDouble]) -> None:
    double = make_double()
    with UpstashStore(double.url, double.token, plan=PLAN) as store:
        shelf = Shelf(store)
        manifest = shelf.manifest_of(TEXTS[:7])
        with pytest.raises(ValueError, match="7 chunks"):
            store.build(manifest, shelf.batches_of(TEXTS[:12]))
        store.build(manifest, shelf.batches_of(TEXTS[:7]))
        assert len(list(store.chunk_ids("docs", manifest.release_id))) == 7


def test_what_an_abandoned_build_left_is_swept_and_a_young_one_is_not(
    make_double: Callable[..., UpstashDouble],
) -> None:
    double = make_double()
    with UpstashStore(double.url, double.token, plan=PLAN) as store:
        shelf = Shelf(store)
        for name in ("old", "young"):
            with pytest.raises(ValueError, match="40 chunks"):
                store.build(shelf.manifest_of(TEXTS, name=name), shelf.batches_of(TEXTS[:6]))
        _age_note(double, shelf.manifest_of(TEXTS, name="old"))
        shelf.publish(TEXTS, name="new")
    spaces = {name for name in double.index.namespaces if "docs" in name}
    young, new = (f"lorechat.docs.{shelf.manifest_of(TEXTS, name=name).release_id}" for name in ("young", "new"))
    assert spaces == {young, new, new + PAGES}


def test_a_sweep_leaves_what_belongs_to_a_deployment_with_a_longer_name(
    make_double: Callable[..., UpstashDouble],
) -> None:
    double = make_double()
    with UpstashStore(double.url, double.token, plan=PLAN, prefix="lorechat.docs") as store:
        Shelf(store).publish(("Only theirs.",), source="blue")
        theirs = {name for name in double.index.namespaces if name.startswith("lorechat.docs.blue.")}
        built(double)
        assert len(theirs) == 2
        assert theirs <= set(double.index.namespaces)
        assert Shelf(store).ask("only", source="blue") == ["Only theirs."]


def _age_note(double: UpstashDouble, manifest: ReleaseManifest) -> None:
    row = double.index.namespaces["lorechat.registry"].rows[f"building|docs|{manifest.release_id}"]
    row["data"] = (datetime.now(UTC) - timedelta(hours=2)).isoformat()


def test_an_index_of_another_dimension_is_refused_in_words() -> None:
    double = UpstashDouble(dimension=DIMENSION + 1)
    try:
        with pytest.raises(StoreUnreachable, match="dimension"):
            built(double)
    finally:
        double.close()


def test_deployments_that_share_an_index_do_not_see_each_other(make_double: Callable[..., UpstashDouble]) -> None:
    double = make_double()
    for prefix in ("blue", "green"):
        with UpstashStore(double.url, double.token, plan=PLAN, prefix=prefix) as store:
            assert store.sources() == []
            Shelf(store).publish((f"Only {prefix}.",))
            assert Shelf(store).ask("only", limit=9) == [f"Only {prefix}."]


def test_a_passage_of_a_thousand_words_fits(make_double: Callable[..., UpstashDouble]) -> None:
    text = " ".join(f"word{number}" for number in range(3000))
    double = make_double()
    with UpstashStore(double.url, double.token, plan=PLAN) as store:
        shelf = Shelf(store)
        shelf.publish((text, "Short."))
        assert shelf.ask("word1500", limit=1) == [text]


def test_what_is_stored_can_be_read_as_json(make_double: Callable[..., UpstashDouble]) -> None:
    double = make_double()
    release_id = built(double)
    row = next(iter(double.index.namespaces[f"lorechat.docs.{release_id}"].rows.values()))
    assert json.loads(row["data"])["url"] == row["metadata"]["url"]


@pytest.mark.slow
def test_a_process_ends_although_nobody_closed_the_store(make_double: Callable[..., UpstashDouble]) -> None:
    double = make_double()
    code = "import sys; from retrieval.upstash.store import UpstashStore; print(UpstashStore(*sys.argv[1:]).sources())"
    done = subprocess.run(
        [sys.executable, "-c", code, double.url, double.token], capture_output=True, text=True, timeout=120
    )
    assert (done.returncode, done.stdout) == (0, "[]\n"), done.stderr


@pytest.mark.slow
def test_at_the_end_of_a_process_the_connections_are_closed_and_the_thread_is_ended(
    make_double: Callable[..., UpstashDouble],
) -> None:
    """Exit handlers run last registered first: the check that was registered before the store sees what it left."""
    double = make_double()
    code = (
        "import atexit, sys, threading\n"
        "atexit.register(lambda: print([one.name for one in threading.enumerate()]))\n"
        "from retrieval.upstash.store import UpstashStore\n"
        "UpstashStore(*sys.argv[1:]).sources()\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, double.url, double.token], capture_output=True, text=True, timeout=120
    )
    assert (done.returncode, done.stdout) == (0, "['MainThread']\n"), done.stderr
