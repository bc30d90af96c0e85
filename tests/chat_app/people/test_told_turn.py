"""What others are told of an answer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from chat_app.people.told_turn import HIDDEN, told_turns
from chat_app.pipeline import answer_once
from chat_app.settings import ChatSettings
from chat_app.turns.kept_answer import answer_json
from retrieval.vector_store import ReleaseManifest

pytestmark = pytest.mark.slow


def test_an_answer_from_pages_that_one_may_not_read_is_hidden_also_where_it_cites_none(
    publish: Callable[..., ReleaseManifest], make_settings: Callable[..., ChatSettings]
) -> None:
    publish()
    answer = replace(answer_once("When does a colony swarm?", settings=make_settings()), citations=())
    row = {"question": "When?", "answer": answer_json(answer), "asked_at": datetime.now(UTC)}
    (hidden,) = told_turns([row], lambda source: source != "bees")
    assert (hidden.is_hidden, hidden.answer) == (True, HIDDEN)
    (told,) = told_turns([row], lambda source: source == "bees")
    assert (told.is_hidden, told.answer) == (False, answer.text)
