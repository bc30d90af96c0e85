"""What the page may load and run, and how it looks to whom: by desk and phone, by day and night, by keyboard alone."""

from __future__ import annotations

import re
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from retrieval.vector_store import ReleaseManifest
from tests.chat_app.browser import PHONE, QUESTION, WAIT, OpenChat
from tests.chat_app.running_chat import Serve

pytestmark = pytest.mark.slow


def test_the_page_runs_under_a_strict_policy_and_loads_nothing_from_outside(
    serve: Serve, open_chat: OpenChat, publish: Callable[..., ReleaseManifest]
) -> None:
    publish()
    server = serve()
    with urllib.request.urlopen(server.address) as answer:
        policy = {part.split()[0]: part.split()[1:] for part in answer.headers["content-security-policy"].split(";")}
    assert not {"'unsafe-inline'", "'unsafe-eval'", "*", "https:"} & set(policy["script-src"])
    assert policy["connect-src"] == ["'self'", *(f"{scheme}://{server.address[7:]}" for scheme in ("ws", "wss"))]
    chat = open_chat(server.address)
    chat.ask()
    expect(chat.open_citation()).to_contain_text("A colony swarms", timeout=WAIT)
    assert chat.foreign == []
    assert chat.complaints == []


def faint_texts(page: Page) -> list[Any]:
    """The visible texts that have less contrast than WCAG's level AA asks for."""
    found: list[Any] = page.evaluate(Path(__file__).with_name("contrast.js").read_text(encoding="utf-8"))
    return found


def choose_theme(page: Page, name: str) -> None:
    page.locator("#theme-toggle").click()
    page.get_by_role("menuitem", name=name).click()


def test_every_text_can_be_read_by_day_and_by_night_in_whatever_colour(
    serve: Serve, open_chat: OpenChat, publish: Callable[..., ReleaseManifest]
) -> None:
    publish()
    chat = open_chat(serve(LORECHAT_ACCENT="#ffd94d").address, reduced_motion="reduce")
    chat.ask()
    expect(chat.open_citation()).to_contain_text("A colony swarms", timeout=WAIT)
    for mode in ("Light", "Dark"):
        choose_theme(chat.page, mode)
        expect(chat.page.locator("html")).to_have_class(re.compile(mode.lower()))
        expect(chat.page.get_by_role("menu")).to_have_count(0)
        assert not (faint := faint_texts(chat.page)), f"{mode}: {faint}"
    for path in ("/conversations", "/why"):
        for scheme in ("light", "dark"):
            chat.page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]  # one of two words
            chat.page.goto(chat.address + path)
            assert not (faint := faint_texts(chat.page)), f"{path}, {scheme}: {faint}"


def test_a_question_is_asked_and_its_passage_opened_and_closed_by_keyboard_alone(
    serve: Serve, open_chat: OpenChat, publish: Callable[..., ReleaseManifest]
) -> None:
    publish()
    chat = open_chat(serve().address)
    page = chat.page
    tab_to(page, "#chat-input")
    page.keyboard.type(QUESTION)
    chat.send()
    chat.cited()
    expect(chat.panel).to_have_count(0, timeout=WAIT)
    tab_to(page, "a.element-link")
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    page.keyboard.press("Enter")
    expect(chat.panel).to_contain_text("A colony swarms", timeout=WAIT)
    page.keyboard.press("Escape")
    expect(chat.panel).to_have_count(0, timeout=WAIT)
    assert page.evaluate("document.activeElement.matches('a.element-link')")
    unnamed = page.evaluate(
        "[...document.querySelectorAll('button, a[href], [role=button], textarea')]"
        ".filter(node => node.checkVisibility()"
        " && !node.innerText.trim() && !node.ariaLabel && !node.title && !node.querySelector('.sr-only, img[alt]'))"
        ".map(node => node.outerHTML.replace(/class=[^>]*? (id|data|type)/, '$1').slice(0, 300))"
    )
    assert not unnamed, f"{unnamed}"


def tab_to(page: Page, selector: str) -> None:
    """Press Tab until an element has the focus."""
    for _ in range(60):
        if page.evaluate("selector => document.activeElement.matches(selector)", selector):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"{selector} cannot be reached with the Tab key")


def test_a_phone_shows_everything_without_scrolling_sideways(
    serve: Serve, open_chat: OpenChat, publish: Callable[..., ReleaseManifest]
) -> None:
    publish()
    chat = open_chat(serve().address, viewport=PHONE, has_touch=True, is_mobile=True)
    chat.ask()
    expect(chat.open_citation()).to_contain_text("A colony swarms", timeout=WAIT)
    for path in ("", "/conversations", "/why"):
        if path:
            chat.page.goto(chat.address + path)
        assert chat.page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]


def test_a_source_has_its_own_look(
    serve: Serve, open_chat: OpenChat, publish: Callable[..., ReleaseManifest], tmp_path: Path
) -> None:
    publish()
    publish({"Cats": "Cats sleep for most of the day."}, source="cats", title="Cat notes")
    logo = tmp_path / "cats.svg"
    logo.write_text('<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 8 8"><circle cx="4" cy="4" r="4"/></svg>')
    chat = open_chat(serve(LORECHAT_SOURCE_LOOKS=f"cats=#7c2d8f:{logo}").address)
    colour = "getComputedStyle(document.documentElement).getPropertyValue('--primary').trim()"
    own = chat.page.evaluate(colour)
    chat.page.goto(f"{chat.address}/for/cats")
    chat.ready()
    assert chat.page.evaluate(colour) != own
    assert chat.page.request.get(f"{chat.address}/logo?theme=dark").text() == logo.read_text()
    chat.ask("How long do cats sleep?")
    chat.answered("Cat notes")
    assert "Bee handbook" not in chat.answer.inner_text()
