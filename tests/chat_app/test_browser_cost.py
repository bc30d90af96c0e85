"""What a person sees of an answer's cost, and of an answer that somebody got before."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from retrieval.vector_store import ReleaseManifest
from tests.chat_app.browser import WAIT, OpenChat
from tests.chat_app.running_chat import Serve
from tests.doubles.openai_double import ProviderDouble

pytestmark = pytest.mark.slow


def test_the_cost_opens_on_demand_and_the_next_person_gets_the_answer_for_nothing(
    serve: Serve, open_chat: OpenChat, publish: Callable[..., ReleaseManifest], provider: ProviderDouble
) -> None:
    publish()
    provider.text = "A colony swarms in late spring when the hive is too crowded [1]."
    chosen = {"LORECHAT_CHAT_MODEL": "good", "LORECHAT_MODEL_PRICES": "good=1000/1000"}
    address = serve(OPENAI_BASE_URL=provider.url, **chosen).address
    ada = open_chat(address)
    ada.ask()
    ada.answered("good · Bee handbook")
    ada.markers.filter(has_text="Cost").click(timeout=WAIT)
    expect(ada.panel).to_contain_text(
        "120 tokens read (20 of them remembered by the provider), 9 written: $0.13 (by own prices, then"
    )
    bob = open_chat(address)
    bob.ask()
    bob.answered("given before")
    bob.markers.filter(has_text="Cost").click(timeout=WAIT)
    expect(bob.panel).to_contain_text("nothing was spent", timeout=WAIT)
    assert len(provider.asked) == 1
