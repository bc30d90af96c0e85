"""The chat as a person meets it: a real server process and a real browser."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from data_contracts.chat_turn import CHAT_TURNS, FEEDBACK
from lake import Lake
from retrieval.vector_store import ReleaseManifest
from tests.chat_app.browser import PHONE, QUESTION, WAIT, OpenChat
from tests.chat_app.running_chat import Serve

pytestmark = pytest.mark.slow


def test_a_question_is_answered_and_its_citation_opens_the_passage(
    serve: Serve, open_chat: OpenChat, publish: Callable[..., ReleaseManifest], tmp_path: Path
) -> None:
    publish()
    chat = open_chat(serve().address)
    expect(chat.page.get_by_text("Swarming", exact=True)).to_be_visible(timeout=WAIT)
    chat.ask()
    chat.cited()
    expect(chat.answer).to_contain_text("swarms in late spring")
    expect(chat.panel).to_have_count(0, timeout=WAIT)
    panel = chat.open_citation()
    expect(panel).to_contain_text("Bee handbook")
    expect(panel).to_contain_text("(2026-05-04 12:30 UTC)")
    highlight = panel.locator(".italic > .font-bold")
    expect(highlight.first).to_contain_text("A colony swarms in late spring")
    assert highlight.first.evaluate("node => getComputedStyle(node).backgroundColor") != "rgba(0, 0, 0, 0)"
    link = panel.get_by_text("Open on the page").get_attribute("href")
    assert str(link).startswith("https://bees.example/keeping#swarming:~:text=A%20colony%20swarms")
    chat.page.locator("button.positive-feedback-off").first.click()
    chat.page.locator("#submit-feedback").click()
    wait_for_rows(tmp_path)
    assert chat.foreign == []


def wait_for_rows(folder: Path) -> None:
    lake = Lake(str(folder / "home" / "lake"))
    for _ in range(600):
        if lake.scan(FEEDBACK).collect().height and lake.scan(CHAT_TURNS).collect().height:
            break
        time.sleep(0.1)
    (turn,) = lake.scan(CHAT_TURNS).collect().to_dicts()
    (judged,) = lake.scan(FEEDBACK).collect().to_dicts()
    assert (turn["question"], judged["turn_id"], judged["judgement"]) == (QUESTION, turn["turn_id"], "up")


def test_a_language_model_streams_and_its_failure_is_told(
    serve: Serve, open_chat: OpenChat, publish: Callable[..., ReleaseManifest], provider: Any
) -> None:
    publish()
    provider.text = "Swarms leave in late spring [1][9], when the hive is crowded. " * 12
    chat = open_chat(serve(OPENAI_BASE_URL=provider.url, LORECHAT_CHAT_MODEL="good").address)
    chat.ask()
    assert "[9]" not in chat.answered("good · Bee handbook").inner_text()
    provider.close()
    chat.ask("And how is that prevented?")
    expect(chat.page.get_by_text("The language model cannot be reached.")).to_be_visible(timeout=WAIT)


def test_a_chat_without_an_index_says_what_to_do_and_fits_a_phone(
    serve: Serve, open_chat: OpenChat, publish: Callable[..., ReleaseManifest]
) -> None:
    chat = open_chat(serve("live").address, viewport=PHONE)
    chat.ask()
    expect(chat.page.get_by_text("There is nothing to search yet.")).to_be_visible(timeout=WAIT)
    publish()
    chat.ask()
    chat.cited()
    assert chat.page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
