"""What the page may load and run, and how it looks to whom: by desk and phone, by day and night, by keyboard alone."""

from __future__ import annotations

import urllib.request
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from retrieval.vector_store import ReleaseManifest
from tests.chat_app.browser import WAIT, OpenChat
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
