"""The way from a citation to the bytes behind it, in a real browser, where a website's text stays text."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from chat_app.answer import Answer
from retrieval.embedder import Embedder
from tests.assets.conftest import HOST
from tests.chat_app.browser import WAIT, OpenChat
from tests.chat_app.running_chat import RunningChat, start_chat
from tests.chat_app.traced_bees import QUESTION, build_home, chat_settings, kept, trace_of

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory, embedder: Embedder) -> Path:
    return build_home(tmp_path_factory.mktemp("bees"), embedder)


@pytest.fixture(scope="module")
def answer(home: Path, models: Path) -> Answer:
    """An answer that is kept in the lake."""
    return kept(QUESTION, chat_settings(home, models))


@pytest.fixture(scope="module")
def running(home: Path, models: Path, answer: Answer) -> Iterator[RunningChat]:
    """A chat on the home, after the answer was kept there."""
    chat = start_chat(home, models)
    yield chat
    chat.stop()


def test_a_reader_gets_from_a_marker_to_the_bytes(running: RunningChat, open_chat: OpenChat) -> None:
    chat = open_chat(running.address)
    chat.ask(QUESTION)
    link = chat.open_citation(1).get_by_text("Trace: from this passage")
    with chat.page.context.expect_page() as popped:
        link.click()
    trace = popped.value
    expect(trace.locator("mark")).to_contain_text("A colony swarms in late spring", timeout=WAIT)
    expect(trace.locator(".outcome").first).to_have_text("OK")
    trace.set_viewport_size({"width": 390, "height": 800})
    assert trace.evaluate("document.documentElement.scrollWidth") <= 390
    trace.get_by_role("link", name="Why does this page answer?").last.click()
    expect(trace.locator(".verdict")).to_contain_text("It answers", timeout=WAIT)
    trace.get_by_label("Question (optional)").fill("What is honey made of?")
    trace.get_by_role("button", name="Look it up").click()
    expect(trace.locator(".verdict")).to_contain_text("for the question its best passage is", timeout=WAIT)


def test_hostile_text_stays_text_in_a_browser(
    running: RunningChat, open_chat: OpenChat, home: Path, models: Path
) -> None:
    question = "What did the beekeeper write on the wall?"
    answer = kept(question, chat_settings(home, models))
    number = next(one.number for one in answer.citations if one.passage.url == f"{HOST}/evil.html")
    chat = open_chat(running.address, trace_of(answer, number), ready=False)
    page, told = chat.page, []
    page.on("dialog", lambda dialog: (told.append(dialog.message), dialog.dismiss()))
    expect(page.locator("mark")).to_contain_text("<script>document.title='taken'", timeout=WAIT)
    assert "taken" not in page.title()
    page.goto(f"{running.address}/why?url={HOST}/evil.html&question={question}")
    expect(page.locator(".verdict")).to_contain_text("It answers", timeout=WAIT)
    assert told == []
    assert chat.complaints == []
