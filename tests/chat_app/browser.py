"""The chat's page in a real browser: what a person sees and does, named once."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect, sync_playwright

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
WAIT = 60_000
"""Milliseconds until something that must come counts as missing; nothing is asserted to be fast."""
DESK = {"width": 1360, "height": 860}
PHONE = {"width": 390, "height": 844}


@dataclass
class ChatPage:
    """A page of the chat. `foreign` are the addresses that it tried to reach on other machines: all were refused.
    `complaints` are the errors of its console."""

    page: Page
    address: str
    foreign: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    @property
    def input(self) -> Locator:
        return self.page.locator("#chat-input")

    @property
    def answers(self) -> Locator:
        """All messages of the assistant."""
        return self.page.locator("[data-step-type=assistant_message]")

    @property
    def answer(self) -> Locator:
        """The newest message of the assistant."""
        return self.answers.last

    @property
    def markers(self) -> Locator:
        """The citations that can be clicked."""
        return self.page.locator("a.element-link")

    @property
    def panel(self) -> Locator:
        """The side panel's content."""
        return self.page.locator("#side-view-content")

    @property
    def stop_button(self) -> Locator:
        return self.page.locator("#stop-button")

    def open(self, path: str = "/") -> None:
        """Open the chat and wait until it can be written in."""
        self.page.goto(self.address + path)
        self.ready()

    def ready(self) -> None:
        """Wait until one can write."""
        expect(self.input).to_be_visible(timeout=WAIT)

    def ask(self, question: str = QUESTION) -> None:
        """Type a question and send it."""
        self.input.click()
        self.page.keyboard.type(question)
        submit = self.page.locator("#chat-submit")
        expect(submit).to_be_enabled(timeout=WAIT)
        submit.click()

    def send(self) -> None:
        """Press Enter, again where the question stays in the field: it does while a conversation is being prepared."""
        until = time.monotonic() + WAIT / 1000
        while self.input.input_value().strip():
            assert time.monotonic() < until, "the question stays in the field"
            self.page.keyboard.press("Enter")
            self.page.wait_for_timeout(500)

    def answered(self, text: str) -> Locator:
        """Wait until the newest answer has a text; return it."""
        expect(self.answer).to_contain_text(text, timeout=WAIT)
        return self.answer

    def cited(self, number: int = 1) -> Locator:
        """Wait for a citation's marker; return it."""
        marker = self.markers.filter(has_text=f"[{number}]").first
        expect(marker).to_be_visible(timeout=WAIT)
        return marker

    def open_citation(self, number: int = 1) -> Locator:
        """Click a citation and return the panel that it opens."""
        self.cited(number).click()
        expect(self.panel).to_be_visible(timeout=WAIT)
        return self.panel

    def new_chat(self) -> None:
        """Begin a new conversation."""
        self.page.locator("#new-chat-button").click()

    def screenshot(self, path: Path) -> None:
        """Keep a picture."""
        self.page.screenshot(path=path)


class OpenChat(Protocol):
    """Opens the chat at an address in a browser profile of its own; options are those of Playwright's new_context."""

    def __call__(self, address: str, path: str = "/", *, ready: bool = True, **options: Any) -> ChatPage: ...


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Debian's Chromium, without a window."""
    if not Path(CHROMIUM).exists():
        pytest.fail(f"no Chromium at {CHROMIUM}: apt-get install chromium, or set LORECHAT_TEST_CHROMIUM")
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield opened
        opened.close()


@pytest.fixture
def open_chat(browser: Browser) -> Iterator[Callable[..., ChatPage]]:
    """Open pages of the chat that close with the test; each call is another person's browser."""
    with ExitStack() as contexts:

        def open_chat(address: str, path: str = "/", *, ready: bool = True, **options: Any) -> ChatPage:
            context = browser.new_context(**({"viewport": DESK} | options))
            contexts.callback(context.close)
            chat = ChatPage(context.new_page(), address)
            _stay_home(context, chat.foreign)
            chat.page.on("console", lambda line: chat.complaints.append(line.text) if line.type == "error" else None)
            chat.page.on("pageerror", lambda error: chat.complaints.append(str(error)))
            if ready:
                chat.open(path)
            else:
                chat.page.goto(address + path)
            return chat

        yield open_chat


def _stay_home(context: BrowserContext, foreign: list[str]) -> None:
    """Refuse and note every request that would leave this machine."""

    def is_foreign(url: str) -> bool:
        parts = urlsplit(url)
        return parts.scheme in ("http", "https", "ws", "wss") and parts.hostname not in ("127.0.0.1", "localhost")

    def refuse(route: Any) -> None:
        foreign.append(route.request.url)
        route.abort()

    context.route(is_foreign, refuse)
