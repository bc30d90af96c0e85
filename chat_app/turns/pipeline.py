"""What a turn runner runs, and whom it tells."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import Protocol

from chat_app.answer import Answer, Searched
from chat_app.question import Question
from chat_app.turns.live_turn import LiveTurn


class Pipeline(Protocol):
    """Answers a question; see `AnswerPipeline`."""

    def stream(self, question: Question) -> AsyncGenerator[Searched | str | Answer, None]: ...


class TurnKeeper(Protocol):
    """Takes finished turns, for example into the lake."""

    def __call__(self, turn: LiveTurn, answer: Answer) -> None: ...
