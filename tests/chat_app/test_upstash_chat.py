"""The chat over an index in Upstash: the same answers, and nothing that is left when it ends."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest

from chat_app.answer import Answer
from chat_app.pipeline import answer_once
from chat_app.question import Exchange, Question
from chat_app.service import ChatService
from chat_app.settings import ChatSettings
from retrieval.embedder import Embedder
from retrieval.vector_store import PassageBatch, ReleaseManifest
from tests.chat_app.conftest import make_passages
from tests.doubles.upstash_double import UpstashDouble


@pytest.fixture
def double(embedder: Embedder) -> Iterator[UpstashDouble]:
    server = UpstashDouble(dimension=embedder.dimension)
    yield server
    server.close()


@pytest.fixture
def settings(double: UpstashDouble, embedder: Embedder, make_settings: Callable[..., ChatSettings]) -> ChatSettings:
    """Of a chat whose index in Upstash holds the pages about bees."""
    made = make_settings(vector_store="upstash", upstash_url=double.url, upstash_token=double.token)
    passages = make_passages()
    manifest = ReleaseManifest(
        "bees", "one", "Bees", embedder.model_id, embedder.dimension, "1", "1", 1, len(passages), datetime.now(UTC)
    )
    store = made.store()
    try:
        store.build(manifest, [PassageBatch(passages, embedder.embed_passages([one.text for one in passages]))])
        store.promote("bees", "one")
    finally:
        store.close()
    return made


def own_threads() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name == "upstash"]


def test_one_question_is_answered_and_leaves_no_thread(settings: ChatSettings, double: UpstashDouble) -> None:
    answer = answer_once("When does a colony swarm?", settings=settings)
    assert "late spring" in answer.text
    assert answer.citations[0].passage.heading_path[-1] == "Swarming"
    assert own_threads() == []
    assert double.wait_until(lambda: double.open_connections == 0)


async def test_a_running_chat_answers_follow_ups_and_lets_go_of_everything(
    settings: ChatSettings, double: UpstashDouble
) -> None:
    service = ChatService.open(settings)
    await asyncio.wait_for(service.warm(), 120)
    first = await service.pipeline.answer(Question("When does a colony swarm?"))
    second = await service.pipeline.answer(Question("How can I prevent it?", history=[told(first)]))
    assert "second brood box" in second.text
    assert (await service.state())[0] is None
    await asyncio.to_thread(service.store.sources)  # as the page that explains pages asks
    assert own_threads() == ["upstash"]
    await service.close()
    assert own_threads() == []
    assert await asyncio.to_thread(double.wait_until, lambda: double.open_connections == 0)


async def test_a_turn_that_is_stopped_closes_its_request(settings: ChatSettings, double: UpstashDouble) -> None:
    service = ChatService.open(settings)
    await asyncio.wait_for(service.warm(), 120)
    double.trouble = lambda number, path: "stall" if path.startswith("/query/") else None
    turn = asyncio.create_task(service.pipeline.answer(Question("When does a colony swarm?")))
    before = len(double.calls)
    assert await asyncio.to_thread(
        double.wait_until, lambda: any(call.operation == "query" for call in double.calls[before:])
    )
    turn.cancel()
    with pytest.raises(asyncio.CancelledError):
        await turn
    assert await asyncio.to_thread(double.wait_for_disconnects)
    await service.close()


def told(answer: Answer) -> Exchange:
    return Exchange(answer.question, answer.standalone, answer.text, [scored.passage for scored in answer.passages])
