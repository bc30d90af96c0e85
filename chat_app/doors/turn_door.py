"""One turn for a program: started, followed, and stopped when nobody listens any more."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import uuid4

from chat_app.answer import Answer, Searched
from chat_app.question import Question
from chat_app.service import ChatService
from chat_app.telemetry import DOOR


@dataclass(frozen=True, slots=True)
class DoorTurn:
    """`events` are those of the pipeline, in its order; its errors are raised where they happen."""

    turn_id: str
    events: AsyncGenerator[Searched | str | Answer, None]


class TurnDoor:
    """What all doors ask through. `heartbeat` is the longest silence of a stream, in seconds."""

    def __init__(self, service: ChatService) -> None:
        self.service = service
        self.heartbeat = service.settings.heartbeat_seconds

    def start(self, question: Question, *, door: str) -> DoorTurn:
        """Start a turn. `door` names the way in, for measures and traces."""
        turn_id = uuid4().hex
        return DoorTurn(turn_id, self._events(question, turn_id, door))

    async def _events(
        self, question: Question, turn_id: str, door: str
    ) -> AsyncGenerator[Searched | str | Answer, None]:
        DOOR.set(door)
        asked_at = datetime.now(UTC)
        async with aclosing(self.service.pipeline.stream(question)) as events:
            async for event in events:
                if isinstance(event, Answer):
                    self.service.turns.turn(event, turn_id=turn_id, thread_id=door, asked_at=asked_at)
                yield event


async def whole(turn: DoorTurn) -> Answer:
    """Wait for the answer. Errors: RetrievalError and ChatError kinds."""
    async with aclosing(turn.events) as events:
        async for event in events:
            if isinstance(event, Answer):
                return event
    raise RuntimeError("a turn ended without an answer and without an error")
