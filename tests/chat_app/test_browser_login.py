"""Logging in, and what it opens, in a real browser."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from chat_app.settings import PROJECT
from retrieval.vector_store import ReleaseManifest
from tests.chat_app.browser import WAIT, OpenChat
from tests.chat_app.running_chat import RunningChat, Serve

pytestmark = pytest.mark.slow

PASSWORD = "correct horse battery"


def add_person(chat: RunningChat, *arguments: str) -> None:
    """Run `lorechat people add` as an operator does, with the chat's own settings."""
    script = "from orchestration.cli import app; app()"
    command = [sys.executable, "-c", script, "people", "add", *arguments]
    subprocess.run(command, cwd=PROJECT, env=chat.environment, input=f"{PASSWORD}\n", text=True, check=True)


def log_in(page: Page, name: str, password: str) -> None:
    """Fill the login form and send it."""
    page.locator("#email").fill(name, timeout=WAIT)
    page.locator("#password").fill(password)
    page.locator("button[type=submit]").click()


def test_a_person_logs_in_and_finds_their_own_sources_and_conversations(
    serve: Serve, open_chat: OpenChat, publish: Callable[..., ReleaseManifest], tmp_path: Path
) -> None:
    publish()
    publish({"Cats": "Cats sleep for most of the day."}, source="internal", title="Internal notes")
    server = serve(LORECHAT_LOGIN="password", LORECHAT_SOURCE_READERS="internal=staff")
    add_person(server, "ann", "--group", "staff")
    add_person(server, "bob")
    ann = open_chat(server.address, ready=False)
    log_in(ann.page, "ann", "a wrong password")
    expect(ann.page.get_by_text("That name and password do not go together")).to_be_visible(timeout=WAIT)
    log_in(ann.page, "ann", PASSWORD)
    ann.ready()
    expect(ann.page.get_by_text("Cats", exact=True)).to_be_visible(timeout=WAIT)
    ann.ask("How long do cats sleep?")
    ann.answered("most of the day")
    expect(ann.page.locator("#thread-history")).to_contain_text("How long do cats sleep?", timeout=WAIT)
    bob = open_chat(server.address, ready=False)
    log_in(bob.page, "bob", PASSWORD)
    bob.ready()
    expect(bob.page.get_by_text("Swarming", exact=True)).to_be_visible(timeout=WAIT)
    expect(bob.page.get_by_text("Cats", exact=True)).to_have_count(0)
    expect(bob.page.get_by_text("How long do cats sleep?")).to_have_count(0)
    bob.ask("How long do cats sleep?")
    bob.answered("Nothing in Bee handbook seems to answer this.")
    assert "Internal notes" not in bob.page.content()
    flags = {cookie["name"]: cookie for cookie in bob.page.context.cookies()}
    assert flags["access_token"]["httpOnly"]
    assert flags["access_token"]["sameSite"] == "Lax"
