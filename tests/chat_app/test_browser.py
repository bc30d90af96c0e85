"""The chat as a person meets it: a real server process and a real browser."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from chat_app.settings import PROJECT
from data_contracts.chat_turn import CHAT_TURNS, FEEDBACK
from lake import Lake
from retrieval.vector_store import ReleaseManifest

pytestmark = pytest.mark.slow

CHROMIUM = os.environ.get("LORECHAT_TEST_CHROMIUM", "/usr/bin/chromium")
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
QUESTION = "When does a colony swarm?"
WAIT = 30_000


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if not Path(CHROMIUM).exists():
        pytest.skip(f"needs Chromium at {CHROMIUM}: apt-get install chromium")
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield opened
        opened.close()


@contextmanager
def serving(home: Path, models: Path, state: str = "ready", **more: str) -> Iterator[str]:
    """Run `python -m chat_app` on a free port until it is in a state; yield its address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("LORECHAT_", "OPENAI_"))}
    settings = {"LORECHAT_HOME": str(home), "LORECHAT_MODELS": str(models), "LORECHAT_CHAT_PORT": str(port)}
    process = subprocess.Popen([sys.executable, "-m", "chat_app"], cwd=PROJECT, env=kept | settings | more)
    try:
        address = f"http://127.0.0.1:{port}"
        wait_until(state, address, process)
        yield address
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def wait_until(state: str, address: str, process: subprocess.Popen[bytes]) -> None:
    for _ in range(600):
        assert process.poll() is None, "the server ended"
        try:
            with urllib.request.urlopen(f"{address}/health/{state}", timeout=5) as answer:
                assert json.load(answer)["status"] == state
                return
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            time.sleep(0.1)
    raise AssertionError(f"the server was not {state} in a minute")


@contextmanager
def opened(browser: Browser, address: str, **size: int) -> Iterator[Page]:
    page = browser.new_page(viewport={"width": size.get("width", 1360), "height": size.get("height", 860)})
    page.goto(address)
    page.wait_for_selector("#chat-input", timeout=WAIT)
    yield page
    page.close()


def ask(page: Page, question: str) -> None:
    page.locator("#chat-input").click()
    page.keyboard.type(question)
    page.locator("#chat-submit").click()


def test_a_question_is_answered_and_its_citation_opens_the_passage(
    browser: Browser, publish: Callable[..., ReleaseManifest], tmp_path: Path, models: Path
) -> None:
    publish()
    with serving(tmp_path / "home", models) as address, opened(browser, address) as page:
        expect(page.get_by_text("Swarming", exact=True)).to_be_visible()
        foreign = foreign_requests(page, address)
        ask(page, QUESTION)
        marker = page.locator("a.element-link").first
        expect(marker).to_have_text("[1]", timeout=WAIT)
        expect(page.locator("[data-step-type=assistant_message]").last).to_contain_text("swarms in late spring")
        page.wait_for_timeout(600)
        expect(page.locator("#side-view-content")).to_have_count(0)
        marker.click()
        panel = page.locator("#side-view-content")
        expect(panel).to_contain_text("Bee handbook · fetched 2026-05-04 12:30 UTC")
        highlight = panel.locator(".italic > .font-bold")
        expect(highlight.first).to_contain_text("A colony swarms in late spring")
        assert highlight.first.evaluate("node => getComputedStyle(node).backgroundColor") != "rgba(0, 0, 0, 0)"
        link = panel.get_by_text("Open on the page").get_attribute("href")
        assert str(link).startswith("https://bees.example/keeping#swarming:~:text=A%20colony%20swarms")
        page.screenshot(path=tmp_path / "chat.png")
        page.locator("button.positive-feedback-off").first.click()
        page.locator("#submit-feedback").click()
        assert foreign == []
        wait_for_rows(tmp_path)


def foreign_requests(page: Page, address: str) -> list[str]:
    """What the page asks of other machines, from now on."""
    found: list[str] = []
    page.on("request", lambda request: None if request.url.startswith(address) else found.append(request.url))
    page.reload()
    page.wait_for_selector("#chat-input", timeout=WAIT)
    return [url for url in found if not url.startswith(("data:", "blob:"))]


def wait_for_rows(folder: Path) -> None:
    lake = Lake(str(folder / "home" / "lake"))
    for _ in range(100):
        if lake.scan(FEEDBACK).collect().height and lake.scan(CHAT_TURNS).collect().height:
            break
        time.sleep(0.1)
    (turn,) = lake.scan(CHAT_TURNS).collect().to_dicts()
    (judged,) = lake.scan(FEEDBACK).collect().to_dicts()
    assert (turn["question"], judged["turn_id"], judged["judgement"]) == (QUESTION, turn["turn_id"], "up")


def test_a_language_model_streams_and_its_failure_is_told(
    browser: Browser, publish: Callable[..., ReleaseManifest], tmp_path: Path, models: Path, provider: Any
) -> None:
    publish()
    provider.text = "Swarms leave in late spring [1][9], when the hive is crowded. " * 12
    model = {"OPENAI_BASE_URL": provider.url, "LORECHAT_CHAT_MODEL": "good"}
    with serving(tmp_path / "home", models, **model) as address, opened(browser, address) as page:
        ask(page, QUESTION)
        answer = page.locator("[data-step-type=assistant_message]").last
        expect(answer).to_contain_text("good · Bee handbook", timeout=WAIT)
        assert "[9]" not in answer.inner_text()
        provider.close()
        ask(page, "And how is that prevented?")
        expect(page.get_by_text("The language model cannot be reached.")).to_be_visible(timeout=WAIT)


def test_a_chat_without_an_index_says_what_to_do_and_fits_a_phone(
    browser: Browser, tmp_path: Path, models: Path, publish: Callable[..., ReleaseManifest]
) -> None:
    home = tmp_path / "home"
    with serving(home, models, "live") as address, opened(browser, address, width=390, height=844) as page:
        ask(page, QUESTION)
        expect(page.get_by_text("There is nothing to search yet.")).to_be_visible(timeout=WAIT)
        publish()
        ask(page, QUESTION)
        expect(page.locator("a.element-link").first).to_be_visible(timeout=WAIT)
        width = page.evaluate("document.documentElement.scrollWidth")
        page.screenshot(path=tmp_path / "phone.png")
        assert width <= 390
