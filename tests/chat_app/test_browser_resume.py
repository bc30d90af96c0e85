"""A browser that reloads, drops, or reaches another server in the middle of an answer."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Iterator

import psycopg
import pytest
from playwright.sync_api import expect

from retrieval.vector_store import ReleaseManifest
from tests.chat_app.browser import WAIT, ChatPage, OpenChat
from tests.chat_app.running_chat import RunningChat, Serve
from tests.chat_app.switchboard import Switchboard
from tests.doubles.behaviour import PIECE
from tests.doubles.openai_double import ProviderDouble
from tests.postgres import PostgresServer

pytestmark = pytest.mark.slow

BEGIN = "A colony swarms in late spring when the hive is too crowded [1]. "
END = "Add a second brood box before the first warm week to prevent swarming [1]."
WHOLE = "good · Bee handbook"


class PatientProvider(ProviderDouble):
    """Says the beginning, then waits until the test lets it go on."""

    def __init__(self) -> None:
        super().__init__()
        self.text = BEGIN + END
        self.going_on = threading.Event()

    async def pause(self, place: int) -> None:
        if place * PIECE >= len(BEGIN):
            await asyncio.to_thread(self.going_on.wait)


@pytest.fixture
def patient() -> Iterator[PatientProvider]:
    double = PatientProvider()
    yield double
    double.going_on.set()
    double.close()


Replicas = Callable[[], RunningChat]


@pytest.fixture
def database(postgres: PostgresServer) -> str:
    return postgres.create()


@pytest.fixture
def replica(serve: Serve, publish: Callable[..., ReleaseManifest], patient: PatientProvider, database: str) -> Replicas:
    """Start as many servers over one PostgreSQL as a test wants."""
    publish()

    def start() -> RunningChat:
        model = {"OPENAI_BASE_URL": patient.url, "LORECHAT_CHAT_MODEL": "good", "LORECHAT_CHAT_TIMEOUT": "600"}
        return serve(LORECHAT_DATABASE=database, **model)

    return start


def half_answered(chat: ChatPage) -> None:
    """Ask, and wait for the answer's first half."""
    chat.ask()
    chat.answered("when the hive is too crowded")
    expect(chat.page).to_have_url(f"{chat.address}/thread/{chat.page.url.rsplit('/', 1)[-1]}", timeout=WAIT)


def wait_until_kept(database: str) -> None:
    """Wait until the first half of the answer is in the database, which it is some tenths of a second later."""
    until = time.monotonic() + WAIT / 1000
    with psycopg.connect(database, autocommit=True) as connection:
        while not connection.execute("SELECT 1 FROM turns WHERE said LIKE '%too crowded%'").fetchall():
            assert time.monotonic() < until
            time.sleep(0.05)


def wholly_answered(chat: ChatPage) -> None:
    """The whole answer stands there once, and its citation opens the passage."""
    chat.answered(WHOLE)
    expect(chat.answers).to_have_count(1)
    text = chat.answer.inner_text()
    assert text.count("A colony swarms") == 1
    assert text.count("to prevent swarming") == 1
    expect(chat.open_citation()).to_contain_text("2026-05-04 12:30 UTC", timeout=WAIT)


def test_a_page_that_is_reloaded_in_mid_answer_goes_on(
    replica: Replicas, open_chat: OpenChat, patient: PatientProvider
) -> None:
    chat = open_chat(replica().address)
    half_answered(chat)
    chat.page.reload()
    chat.answered("when the hive is too crowded")
    expect(chat.stop_button).to_be_visible(timeout=WAIT)
    patient.going_on.set()
    wholly_answered(chat)
    chat.page.reload()
    expect(chat.panel).to_have_count(0)
    wholly_answered(chat)
    assert len(patient.asked) == 1


def test_a_connection_that_drops_comes_back_to_the_whole_answer(
    replica: Replicas, open_chat: OpenChat, patient: PatientProvider
) -> None:
    with Switchboard(replica().address) as board:
        chat = open_chat(board.address)
        half_answered(chat)
        board.cut()
        patient.going_on.set()
        wholly_answered(chat)
        chat.page.reload()
        wholly_answered(chat)


def test_a_browser_that_reaches_another_server_in_mid_answer_goes_on(
    replica: Replicas, open_chat: OpenChat, patient: PatientProvider
) -> None:
    here, there = replica(), replica()
    with Switchboard(here.address) as board:
        chat = open_chat(board.address)
        half_answered(chat)
        board.lead_to(there.address)
        expect(chat.stop_button).to_be_visible(timeout=WAIT)
        chat.answered("when the hive is too crowded")
        patient.going_on.set()
        wholly_answered(chat)


def test_a_server_that_dies_in_mid_answer_is_told_by_the_next(
    replica: Replicas, open_chat: OpenChat, patient: PatientProvider, database: str
) -> None:
    here, there = replica(), replica()
    with Switchboard(here.address) as board:
        chat = open_chat(board.address)
        half_answered(chat)
        wait_until_kept(database)
        here.kill()
        board.lead_to(there.address)
        text = chat.answered("The server that wrote this answer ended before it was finished.").inner_text()
        assert "A colony swarms" in text
        assert "ask again" in text


def test_the_stop_button_ends_an_answer_and_keeps_what_was_said(
    replica: Replicas, open_chat: OpenChat, patient: PatientProvider
) -> None:
    chat = open_chat(replica().address)
    half_answered(chat)
    chat.stop_button.click()
    chat.answered("Stopped: this is not the whole answer.")
    expect(chat.answers).to_have_count(1)
    chat.page.reload()
    text = chat.answered("Stopped: this is not the whole answer.").inner_text()
    assert "A colony swarms" in text


def test_a_conversation_is_closed_to_other_browsers(
    replica: Replicas, open_chat: OpenChat, patient: PatientProvider
) -> None:
    patient.going_on.set()
    server = replica()
    chat = open_chat(server.address)
    chat.ask()
    wholly_answered(chat)
    thread = chat.page.url.removeprefix(server.address)
    turn = str(chat.page.evaluate("performance.getEntriesByType('resource').map(one => one.name).join()"))
    passage = next(url for url in turn.split(",") if "/citation/" in url)
    assert chat.page.request.get(passage).status == 200
    other = open_chat(server.address)
    other.page.goto(server.address + thread)
    other.page.wait_for_load_state("networkidle")
    expect(other.answers).to_have_count(0)
    assert other.page.request.get(passage).status == 404
    assert "colony" not in other.page.request.get(f"{server.address}/project{thread}").text()
