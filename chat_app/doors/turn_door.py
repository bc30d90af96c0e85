"""One turn for a program: started, followed, and stopped when nobody listens any more."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass
from uuid import uuid4

from chat_app.answer import Answer
from chat_app.doors.refusal import Refused, refused
from chat_app.error import ChatError
from chat_app.question import Question
from chat_app.service import ChatService
from chat_app.telemetry import DOOR
from chat_app.turns.event import TurnEnded, TurnSearched, TurnText
from retrieval.error import RetrievalError

DoorEvent = TurnSearched | str | Answer
"""What was found, then text in groups, then the answer."""


@dataclass(frozen=True, slots=True)
class DoorTurn:
    """`events` raise Refused where the turn failed. Closing them before their end stops the turn."""

    turn_id: str
    events: AsyncGenerator[DoorEvent, None]


class TurnDoor:
    """What all doors ask through. `heartbeat` is the longest silence of a stream, in seconds."""

    def __init__(self, service: ChatService) -> None:
        self.service = service
        self.heartbeat = service.settings.heartbeat_seconds

    async def start(self, question: Question, *, door: str) -> DoorTurn:
        """Start a turn in a thread of its own. `door` names the way in, for measures and traces.

        Errors: ChatError when the server takes no question now.
        """
        DOOR.set(door)
        turn_id = await self.service.runner.start(question, uuid4().hex)
        return DoorTurn(turn_id, self._events(turn_id))

    async def _events(self, turn_id: str) -> AsyncGenerator[DoorEvent, None]:
        runner, is_ended = self.service.runner, False
        try:
            async for event in runner.follow(turn_id):
                if isinstance(event, TurnEnded):
                    is_ended = True
                    yield _answer(event)
                else:
                    yield event.text if isinstance(event, TurnText) else event
        finally:
            if not is_ended:
                await asyncio.shield(runner.stop(turn_id))


def _answer(ended: TurnEnded) -> Answer:
    """The answer. Errors: Refused where there is none."""
    if ended.answer is not None:
        return ended.answer
    if isinstance(ended.cause, ChatError | RetrievalError):
        raise refused(ended.cause) from ended.cause
    raise Refused(503, f"turn_{ended.state.value}", (ended.error or "The turn ended early.").replace("**", ""))


async def whole(turn: DoorTurn) -> Answer:
    """Wait for the answer. Errors: Refused."""
    async with aclosing(turn.events) as events:
        async for event in events:
            if isinstance(event, Answer):
                return event
    raise RuntimeError("a turn ended without an answer and without an error")
