"""A conversation in the page: follow-ups, another model, stopping, judging, sharing."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from data_contracts.chat_turn import FEEDBACK
from lake import Lake
from retrieval.vector_store import ReleaseManifest
from tests.chat_app.browser import QUESTION, WAIT, OpenChat
from tests.chat_app.running_chat import Serve
from tests.doubles.openai_double import ProviderDouble

pytestmark = pytest.mark.slow


class EndlessProvider(ProviderDouble):
    """Says a few words, then nothing until the test ends."""

    def __init__(self) -> None:
        super().__init__()
        self.text = "A colony swarms in late spring when the hive is too crowded [1]. " * 4
        self.ended = threading.Event()

    async def pause(self, place: int) -> None:
        if place == 5:
            await asyncio.to_thread(self.ended.wait)


@pytest.fixture
def endless() -> Iterator[EndlessProvider]:
    double = EndlessProvider()
    yield double
    double.ended.set()
    double.close()


def test_a_follow_up_is_understood_and_the_next_question_goes_to_another_model(
    serve: Serve, open_chat: OpenChat, publish: Callable[..., ReleaseManifest], provider: ProviderDouble
) -> None:
    publish()
    models = {"LORECHAT_FAST_MODELS": "good", "LORECHAT_BEST_MODELS": "better", "LORECHAT_PROFILE": "fast"}
    chat = open_chat(serve(OPENAI_BASE_URL=provider.url, **models).address)
    chat.ask()
    chat.answered("good · Bee handbook")
    chat.page.locator("#mode-picker-trigger-profile").click()
    chat.page.get_by_text("answers thoroughly").click()
    expect(chat.page.locator("#mode-picker-trigger-profile")).to_contain_text("Best")
    chat.ask("How is it prevented?")
    expect(chat.answers).to_have_count(2, timeout=WAIT)
    chat.answered("better · Bee handbook")
    asked = [str(body["messages"]) for body in provider.asked if body["model"] == "better"]
    assert any(QUESTION in said for said in asked), "the model was told what was said before"


def test_stopping_keeps_what_was_said(
    serve: Serve, open_chat: OpenChat, publish: Callable[..., ReleaseManifest], endless: EndlessProvider
) -> None:
    publish()
    chat = open_chat(serve(OPENAI_BASE_URL=endless.url, LORECHAT_CHAT_MODEL="good").address)
    chat.ask()
    chat.answered("A colony swarms")
    chat.stop_button.click()
    expect(chat.stop_button).to_have_count(0, timeout=WAIT)
    expect(chat.answers.first).to_contain_text("A colony swarms")
    assert endless.wait_for_disconnects(), "the model is not paid for what nobody reads"


def test_a_judgement_takes_a_comment(
    serve: Serve, open_chat: OpenChat, publish: Callable[..., ReleaseManifest], tmp_path: Path
) -> None:
    publish()
    chat = open_chat(serve().address)
    chat.ask()
    chat.cited()
    chat.page.locator("button.negative-feedback-off").first.click()
    chat.page.get_by_role("dialog").get_by_role("textbox").fill("It does not say how many bees leave.")
    chat.page.locator("#submit-feedback").click()
    expect(chat.page.locator("button.negative-feedback-on").first).to_be_visible(timeout=WAIT)
    lake = Lake(str(tmp_path / "home" / "lake"))
    kept: list[str] = []
    for _ in range(600):  # until the log has written it
        if kept := lake.scan(FEEDBACK).collect()["comment"].to_list():
            break
        chat.page.wait_for_timeout(100)
    assert kept == ["It does not say how many bees leave."]


def test_a_conversation_is_exported_shared_and_taken_back(
    serve: Serve, open_chat: OpenChat, publish: Callable[..., ReleaseManifest], tmp_path: Path
) -> None:
    publish()
    server = serve()
    chat, stranger = open_chat(server.address), open_chat(server.address, "/conversations", ready=False)
    chat.ask()
    chat.cited()
    expect(stranger.page.get_by_text("Nothing was asked yet.")).to_be_visible()
    page = chat.page
    page.get_by_role("link", name="Conversations").click()
    expect(page.get_by_role("heading", name=QUESTION)).to_be_visible(timeout=WAIT)
    with page.expect_download() as download:
        page.get_by_role("link", name="Export as markdown").click()
    text = Path(download.value.path()).read_text(encoding="utf-8")
    assert "swarms in late spring" in text
    assert "[^1-1]: [Keeping bees › Swarming](<https://bees.example/keeping#swarming" in text
    export = download.value.url
    page.get_by_role("button", name="Share").click()
    link = str(page.locator("#share-link").get_attribute("href"))
    stranger.page.goto(link)
    expect(stranger.page.locator(".answer")).to_contain_text("swarms in late spring")
    stranger.page.locator("a.cite").first.click()
    expect(stranger.page.locator("ol.cited li").first).to_contain_text("Keeping bees › Swarming")
    assert stranger.page.goto(export).status == 404  # type: ignore[union-attr]  # there was an answer
    page.get_by_role("button", name="Stop sharing").click()
    expect(page.get_by_role("button", name="Stop sharing")).to_have_count(0)
    assert stranger.page.goto(link).status == 404  # type: ignore[union-attr]  # there was an answer
    assert chat.complaints == []
