"""Bedrock Guardrails on the way in and out, against a real HTTP double."""

from __future__ import annotations

import logging
import re

import pytest

from chat_app.error import ShieldRefusal, ShieldUnavailable
from chat_app.question import Question
from chat_app.shields.guardrail import Guardrail, GuardrailInputShield, GuardrailOutputShield
from tests.doubles.guardrail_double import BLOCKED, GuardrailDouble

ACCOUNT = re.compile(r"arn:|\d{12}|role|chat-task|gr1")


async def test_a_question_that_is_allowed_goes_through(guardrail: Guardrail, guardrail_double: GuardrailDouble) -> None:
    question = Question("When do bees swarm?")
    assert await GuardrailInputShield(guardrail).check(question) is question
    assert guardrail_double.judged == [("gr1", "7", "INPUT", "When do bees swarm?")]


async def test_a_blocked_question_is_refused_in_the_operators_words(guardrail: Guardrail) -> None:
    with pytest.raises(ShieldRefusal, match=re.escape(BLOCKED)):
        await GuardrailInputShield(guardrail).check(Question("something forbidden"))


async def test_a_masked_question_is_asked_masked(guardrail: Guardrail) -> None:
    checked = await GuardrailInputShield(guardrail).check(Question("I am ann@bees.example, when do bees swarm?"))
    assert checked.text == "I am {EMAIL}, when do bees swarm?"


@pytest.mark.parametrize("status", [400, 403, 429, 500])
async def test_a_guardrail_that_fails_lets_nothing_through_and_tells_nothing_of_the_account(
    guardrail: Guardrail, guardrail_double: GuardrailDouble, status: int, caplog: pytest.LogCaptureFixture
) -> None:
    guardrail_double.status = status
    with caplog.at_level(logging.ERROR), pytest.raises(ShieldUnavailable) as raised:
        await GuardrailInputShield(guardrail).check(Question("When do bees swarm?"))
    assert "cannot be reached" in str(raised.value)
    assert not ACCOUNT.search(str(raised.value))
    assert raised.value.__cause__ is None
    assert "gr1" in caplog.text


async def test_a_broken_connection_lets_nothing_through(
    guardrail: Guardrail, guardrail_double: GuardrailDouble
) -> None:
    guardrail_double.broken = True
    shield = GuardrailOutputShield(guardrail)
    assert await shield.feed("Bees swarm. ") == ""
    with pytest.raises(ShieldUnavailable):
        await shield.finish()


async def test_nothing_of_an_answer_is_shown_before_it_was_judged(
    guardrail: Guardrail, guardrail_double: GuardrailDouble
) -> None:
    shield = GuardrailOutputShield(guardrail, block=40)
    shown = ""
    for piece in ["Bees swarm ", "in late spring ", "when it is crowded. ", "Write to ", "ann@bees.example ", "now."]:
        shown += await shield.feed(piece)
        assert len(shown) <= sum(len(text) for _, _, _, text in guardrail_double.judged)
    shown += await shield.finish()
    assert shown == "Bees swarm in late spring when it is crowded. Write to {EMAIL} now."
    assert {source for _, _, source, _ in guardrail_double.judged} == {"OUTPUT"}


async def test_an_answer_stops_where_it_is_blocked(guardrail: Guardrail) -> None:
    shield = GuardrailOutputShield(guardrail, block=20)
    said = [await shield.feed(piece) for piece in ["Bees are fine here. ", "This is forbidden. ", "More of it. " * 9]]
    shown = "".join(said) + await shield.finish()
    assert shown.startswith("Bees are fine here.")
    assert shown.endswith(BLOCKED)
    assert "forbidden" not in shown
    assert "More" not in shown
