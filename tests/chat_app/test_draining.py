"""A chat that is told to end while it answers, and one that dies: real processes, asked as programs ask."""

from __future__ import annotations

import asyncio
import signal
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator

import pytest
from openai import OpenAI

from retrieval.vector_store import ReleaseManifest
from tests.chat_app.running_chat import RunningChat, Serve
from tests.doubles.openai_double import ProviderDouble

pytestmark = pytest.mark.slow


class GatedProvider(ProviderDouble):
    """Says the first half, then waits until the test lets it go on."""

    def __init__(self) -> None:
        super().__init__()
        self.text = "A colony swarms in late spring [1]. " * 4
        self.going_on = threading.Event()

    async def pause(self, place: int) -> None:
        if place == 12:
            await asyncio.to_thread(self.going_on.wait)


@pytest.fixture
def gated() -> Iterator[GatedProvider]:
    double = GatedProvider()
    yield double
    double.going_on.set()
    double.close()


@pytest.fixture
def chat(serve: Serve, publish: Callable[..., ReleaseManifest], gated: GatedProvider) -> RunningChat:
    publish()
    model = {"OPENAI_BASE_URL": gated.url, "LORECHAT_CHAT_MODEL": "good", "LORECHAT_CHAT_TIMEOUT": "600"}
    return serve(LORECHAT_DRAIN_SECONDS="600", **model)


def test_a_chat_that_is_told_to_end_finishes_its_answers_first(chat: RunningChat, gated: GatedProvider) -> None:
    client = OpenAI(base_url=f"{chat.address}/v1", api_key="none", max_retries=0, timeout=600)
    question = [{"role": "user", "content": "When does a colony swarm?"}]
    pieces = client.chat.completions.create(model="bees", messages=question, stream=True)  # type: ignore[call-overload]  # a plain dict serves
    said = next(text for piece in pieces if (text := piece.choices[0].delta.content))
    chat.process.send_signal(signal.SIGTERM)
    wait_until_draining(chat)
    gated.going_on.set()
    said += "".join(piece.choices[0].delta.content or "" for piece in pieces if piece.choices)
    assert said.count("A colony swarms in late spring [1].") == 4
    assert chat.process.wait(120) == -signal.SIGTERM  # what a process ends with that was told to end
    client.close()


def test_a_second_signal_ends_at_once(chat: RunningChat) -> None:
    client = OpenAI(base_url=f"{chat.address}/v1", api_key="none", max_retries=0, timeout=600)
    question = [{"role": "user", "content": "When does a colony swarm?"}]
    pieces = client.chat.completions.create(model="bees", messages=question, stream=True)  # type: ignore[call-overload]  # a plain dict serves
    next(text for piece in pieces if (text := piece.choices[0].delta.content))
    chat.process.send_signal(signal.SIGTERM)
    wait_until_draining(chat)
    chat.process.send_signal(signal.SIGTERM)
    chat.process.wait(120)
    pieces.close()
    client.close()


def wait_until_draining(chat: RunningChat) -> None:
    while "about to end" not in ready(chat):
        assert chat.process.poll() is None
        time.sleep(0.05)


def ready(chat: RunningChat) -> str:
    try:
        with urllib.request.urlopen(f"{chat.address}/health/ready", timeout=60) as answer:
            return str(answer.read().decode())
    except urllib.error.HTTPError as error:
        with error:
            return error.read().decode()
