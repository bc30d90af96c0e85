"""Upstash on the chat's own event loop: what a silent network holds, and how a question that nobody waits for ends."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from data_contracts.passage import ScoredPassage
from retrieval.error import IndexMissing, ModelMismatch, StoreUnreachable
from retrieval.retriever import AsyncRetriever
from retrieval.upstash.plan import UpstashPlan
from retrieval.upstash.reader import UpstashReader
from retrieval.upstash.store import UpstashStore
from retrieval.upstash.sweep import PAGES
from tests.doubles.upstash_double import Trouble, UpstashDouble
from tests.retrieval.conftest import DIMENSION, SMALL_PLAN, Shelf
from tests.retrieval.test_retriever import WordEmbedder

SEARCHES = 50
WORKERS = 2


class SmallEmbedder(WordEmbedder):
    """Questions as the shelf's passages were embedded."""

    model_id, dimension = Shelf.model, DIMENSION


@pytest.fixture
def double() -> Iterator[UpstashDouble]:
    server = UpstashDouble(dimension=DIMENSION)
    with UpstashStore(server.url, server.token, plan=SMALL_PLAN) as store:
        Shelf(store).publish()
        Shelf(store).publish(("A rebase of prices.",), source="shop")
    server.calls.clear()
    yield server
    server.close()


@pytest.fixture
async def reader(double: UpstashDouble) -> AsyncIterator[UpstashReader]:
    opened = UpstashReader(double.url, double.token, plan=UpstashPlan(patience=30, question_patience=30))
    yield opened
    await opened.close()


@pytest.fixture
async def workers() -> AsyncIterator[None]:
    """A loop with two worker threads: whatever holds them would be seen."""
    with ThreadPoolExecutor(WORKERS) as pool:
        asyncio.get_running_loop().set_default_executor(pool)
        yield


def held(double: UpstashDouble, *, source: str = "docs") -> Callable[[int, str], str | None]:
    return lambda number, path: "hold" if path.startswith(f"/query/lorechat.{source}.") else None


async def ask(reader: UpstashReader, *, sources: tuple[str, ...] = ("docs",)) -> list[ScoredPassage]:
    return await AsyncRetriever(reader, SmallEmbedder()).search("rebase commits onto", sources=sources)


async def until(happened: Callable[[], bool]) -> None:
    """Wait on the loop: that this goes on is what shows that the loop is free."""
    async with asyncio.timeout(60):
        while not happened():  # noqa: ASYNC110 - the server counts in a thread of its own
            await asyncio.sleep(0.005)


def queries(double: UpstashDouble) -> int:
    """How many there were for passages; those for pages come beside them."""
    return sum(call.operation == "query" and not call.namespace.endswith(PAGES) for call in double.calls)


@pytest.mark.usefixtures("workers")
async def test_many_questions_wait_for_the_network_at_once_and_hold_no_thread(
    double: UpstashDouble, reader: UpstashReader
) -> None:
    double.trouble = held(double)
    asking = [asyncio.create_task(ask(reader)) for _ in range(SEARCHES)]
    await until(lambda: queries(double) == SEARCHES)
    both = threading.Barrier(WORKERS)
    await asyncio.gather(*(asyncio.to_thread(both.wait, 60) for _ in range(WORKERS)))
    assert not any(task.done() for task in asking)
    double.release()
    for found in await asyncio.gather(*asking):
        assert found[0].passage.body == Shelf.texts[2]


async def test_all_questions_of_a_moment_share_one_look_at_the_live_releases(
    double: UpstashDouble, reader: UpstashReader
) -> None:
    double.trouble = held(double)
    asking = [asyncio.create_task(ask(reader)) for _ in range(SEARCHES)]
    await until(lambda: queries(double) == SEARCHES)
    assert [call.operation for call in double.calls if call.namespace == "lorechat.registry"] == ["range", "fetch"]
    double.release()
    await asyncio.gather(*asking)


async def test_several_sources_are_asked_at_once(double: UpstashDouble, reader: UpstashReader) -> None:
    double.trouble = lambda number, path: "hold" if path.startswith("/query/") else None
    asking = asyncio.create_task(ask(reader, sources=("docs", "shop")))
    await until(lambda: queries(double) == 2)
    double.release()
    assert {found.passage.source for found in await asking} == {"docs", "shop"}


async def test_a_server_that_hangs_ends_by_time_out_in_words(double: UpstashDouble) -> None:
    double.trouble = lambda number, path: "stall" if path.startswith("/query/") else None
    reader = UpstashReader(double.url, double.token, plan=UpstashPlan(question_patience=0.3))
    try:
        with pytest.raises(StoreUnreachable, match=r"did not answer within 0\.3 seconds"):
            await ask(reader)
    finally:
        await reader.close()


async def test_a_question_that_is_cancelled_closes_its_request(double: UpstashDouble, reader: UpstashReader) -> None:
    double.trouble = held(double)
    asking = asyncio.create_task(ask(reader))
    await until(lambda: queries(double) == 1)
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    assert await asyncio.to_thread(double.wait_for_disconnects)
    double.release()
    assert (await ask(reader))[0].passage.body == Shelf.texts[2]


async def test_a_question_that_leaves_takes_nothing_from_those_that_stay(
    double: UpstashDouble, reader: UpstashReader
) -> None:
    double.trouble = lambda number, path: "hold" if path.startswith("/range/") else None
    first, second = asyncio.create_task(ask(reader)), asyncio.create_task(ask(reader))
    await until(lambda: len(double.calls) == 1)
    first.cancel()
    double.release()
    assert (await second)[0].passage.body == Shelf.texts[2]


async def test_where_one_source_fails_the_other_is_not_asked_on(double: UpstashDouble, reader: UpstashReader) -> None:
    double.trouble = lambda number, path: (
        None if not path.startswith("/query/") else (401, {}) if ".shop." in path else "hold"
    )
    with pytest.raises(StoreUnreachable, match="refuses the token"):
        await ask(reader, sources=("docs", "shop"))
    assert await asyncio.to_thread(double.wait_for_disconnects)


async def test_what_goes_wrong_is_said_as_a_store_says_it(double: UpstashDouble, reader: UpstashReader) -> None:
    with pytest.raises(IndexMissing, match="absent has no index yet"):
        await ask(reader, sources=("absent",))
    with pytest.raises(ModelMismatch, match="build docs again"):
        await AsyncRetriever(reader, WordEmbedder()).search("rebase", sources=("docs",))
    double.trouble = lambda number, path: (401, {})
    with pytest.raises(StoreUnreachable, match="refuses the token"):
        await ask(reader)


async def test_a_failed_look_at_the_live_releases_is_not_kept(double: UpstashDouble, reader: UpstashReader) -> None:
    double.trouble = lambda number, path: (401, {}) if len(double.calls) < 1 else None
    with pytest.raises(StoreUnreachable):
        await reader.sources()
    assert await reader.sources() == ["docs", "shop"]


async def test_pages_and_known_chunks_are_read_as_from_the_store(double: UpstashDouble, reader: UpstashReader) -> None:
    passages = Shelf.passages_of(Shelf, Shelf.texts)  # type: ignore[arg-type]  # it needs no store
    page_of = await reader.pages([("docs", passage.url) for passage in passages[:2]])
    assert page_of("docs", passages[1].url) == [passages[1]]
    vector = SmallEmbedder().embed_query("rebase")
    found = await reader.find("docs", [passages[0].chunk_id, "gone"], vector=vector, model_id=Shelf.model)
    assert [scored.passage for scored in found] == [passages[0]]


async def test_a_release_that_goes_live_answers_soon(double: UpstashDouble, reader: UpstashReader) -> None:
    assert (await reader.live("docs")) is not None

    def publish() -> str:
        with UpstashStore(double.url, double.token, plan=SMALL_PLAN) as store:
            return Shelf(store).publish(("Only this.",), name="two").release_id

    release_id = await asyncio.to_thread(publish)
    async with asyncio.timeout(60):
        while (live := await reader.live("docs")) is None or live.release_id != release_id:  # noqa: ASYNC110 - as above
            await asyncio.sleep(0.05)
    assert [found.passage.body for found in await ask(reader)] == ["Only this."]


async def test_connections_are_kept_for_the_next_question(double: UpstashDouble, reader: UpstashReader) -> None:
    await ask(reader)
    before = double.connections
    for _ in range(3):
        await ask(reader)
    assert double.connections == before


async def test_where_one_request_of_a_question_fails_the_other_ends(
    double: UpstashDouble, reader: UpstashReader
) -> None:
    def trouble(_: int, path: str) -> Trouble:
        if not path.startswith("/query/"):
            return None
        return (401, {}) if path.endswith(PAGES) else "hold"

    double.trouble = trouble
    with pytest.raises(StoreUnreachable, match="refuses the token"):
        await ask(reader)
    assert await asyncio.to_thread(double.wait_for_disconnects)
