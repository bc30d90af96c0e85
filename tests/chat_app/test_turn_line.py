"""The line that the log gets of a turn, whichever way it ends."""

from __future__ import annotations

import io
import json
from collections.abc import AsyncGenerator
from typing import Any

import pytest

from chat_app.answer import Answer, Searched
from chat_app.answerer import Usage
from chat_app.error import EmptyAnswer, TooManyQuestions
from chat_app.metrics import Metrics
from chat_app.question import Question
from chat_app.telemetry import Telemetry
from chat_app.turn_line import TurnLines

_ANSWER = Answer(question="?", text="Bees.", citations=(), model="good", releases={}, usage=Usage(120, 9), cost=0.002)
_FOUND = Searched((), (), 30)


async def _line(*events: Searched | str | Answer | Exception) -> dict[str, Any]:
    """Return what is written of a turn with these events, the last of which may be an error."""

    async def turn() -> AsyncGenerator[Searched | str | Answer, None]:
        for event in events:
            if isinstance(event, Exception):
                raise event
            yield event

    stream = io.StringIO()
    watched = Telemetry(Metrics(), lines=TurnLines("dev", stream)).watch(Question("?"), turn())
    try:
        async for _ in watched:
            pass
    except (EmptyAnswer, TooManyQuestions):
        pass
    (line,) = stream.getvalue().splitlines()
    found: dict[str, Any] = json.loads(line)
    return found


async def test_an_answer_is_told_with_its_seconds_tokens_and_dollars() -> None:
    line = await _line(_FOUND, "Bees.", _ANSWER)
    assert (line["stage"], line["outcome"], line["model"], line["turns"]) == ("dev", "answered", "good", 1)
    assert line["retrieval_seconds"] == 0.03
    assert 0 <= line["first_text_seconds"] <= line["turn_seconds"]
    assert (line["input_tokens"], line["output_tokens"], line["answer_dollars"]) == (120, 9, 0.002)
    assert line["cached_answers"] == 0


@pytest.mark.parametrize(
    ("error", "outcome"), [(EmptyAnswer("nothing"), "failed"), (TooManyQuestions("wait"), "refused")]
)
async def test_a_turn_without_an_answer_tells_only_what_there_was(error: Exception, outcome: str) -> None:
    line = await _line(_FOUND, error)
    assert (line["outcome"], line["model"], line["turns"]) == (outcome, "none", 1)
    assert "first_text_seconds" not in line
    assert "cached_answers" not in line
    assert not {"first_text_seconds", "answer_dollars"} & {
        metric["Name"] for directive in line["_aws"]["CloudWatchMetrics"] for metric in directive["Metrics"]
    }


async def test_without_a_stage_a_turn_leaves_no_line(capsys: pytest.CaptureFixture[str]) -> None:
    async def turn() -> AsyncGenerator[Searched | str | Answer, None]:
        yield _ANSWER

    async for _ in Telemetry(Metrics()).watch(Question("?"), turn()):
        pass
    assert capsys.readouterr().out == ""
