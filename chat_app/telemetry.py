"""What is measured of every turn, wherever it was asked: counts and times for Prometheus and CloudWatch, spans for
OpenTelemetry.

The pipeline knows nothing of it: its events are watched from outside, so that a turn costs the same without it but for
some microseconds a piece.
"""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator
from contextlib import aclosing
from contextvars import ContextVar
from typing import TYPE_CHECKING

from chat_app.answer import Answer, Searched
from chat_app.error import ChatError, TooManyQuestions
from chat_app.turn_line import TurnLines, TurnTimes
from retrieval.error import RetrievalError

if TYPE_CHECKING:
    from chat_app.metrics import Metrics
    from chat_app.question import Question
    from chat_app.turn_trace import TurnTrace, TurnTracer

DOOR: ContextVar[str] = ContextVar("door", default="chat")
"""The way in of the turn that runs in this context: `chat`, `openai`, `rest`, `mcp`, `terminal`."""


class Telemetry:
    """Watches turns. `tracer` is None where traces go nowhere, `lines` where the log tells nothing of turns."""

    def __init__(self, metrics: Metrics, tracer: TurnTracer | None = None, lines: TurnLines | None = None) -> None:
        self.metrics = metrics
        self.lines = lines
        self._tracer = tracer

    async def watch(
        self, question: Question, events: AsyncGenerator[Searched | str | Answer, None]
    ) -> AsyncGenerator[Searched | str | Answer, None]:
        """Pass on the events of a turn, measuring it. Errors: those of the turn."""
        trace = self._tracer.begin(question, DOOR.get()) if self._tracer else None
        watched = _Watched(self, DOOR.get(), trace)
        try:
            async with aclosing(events):
                async for event in events:
                    watched.see(event)
                    yield event
        except (ChatError, RetrievalError) as error:
            watched.failed(error)
            raise
        finally:
            watched.end()

    def close(self) -> None:
        """Send the spans that wait."""
        if self._tracer is not None:
            self._tracer.close()


class _Watched:
    def __init__(self, telemetry: Telemetry, door: str, trace: TurnTrace | None) -> None:
        self._metrics = telemetry.metrics
        self._lines = telemetry.lines
        self._door = door
        self._trace = trace
        self._began = time.perf_counter()
        self._times = TurnTimes()
        self._outcome = "stopped"
        self._answer: Answer | None = None
        self._metrics.running.inc()

    def see(self, event: Searched | str | Answer) -> None:
        if isinstance(event, str):
            if self._times.first_text is None:
                self._times.first_text = time.perf_counter() - self._began
                self._metrics.first_text.labels(self._door).observe(self._times.first_text)
            if self._trace is not None:
                self._trace.text()
        elif isinstance(event, Answer):
            self._answer = event
            self._outcome = "answered" if event.relevant else "declined"
        else:
            self._times.retrieval = event.milliseconds / 1000
            self._metrics.retrieval.observe(self._times.retrieval)
            if self._trace is not None:
                self._trace.searched(event)

    def failed(self, error: ChatError | RetrievalError) -> None:
        self._outcome = "refused" if isinstance(error, TooManyQuestions) else "failed"
        if self._trace is not None:
            self._trace.failed(error)

    def end(self) -> None:
        self._metrics.running.dec()
        self._times.whole = time.perf_counter() - self._began
        self._metrics.turn(self._outcome, self._door, self._times.whole, self._answer)
        if self._lines is not None:
            self._lines.turn(self._outcome, self._times, self._answer)
        if self._trace is not None:
            self._trace.end(self._outcome, self._answer)


def open_telemetry(endpoint: str = "", *, with_text: bool = False, stage: str = "") -> Telemetry:
    """Return what watches turns. With an OpenTelemetry collector's address, its traces are sent there; with a `stage`,
    each turn is a line of that deployment's metrics in the log."""
    from chat_app.metrics import Metrics

    lines = TurnLines(stage) if stage else None
    if not endpoint:
        return Telemetry(Metrics(), lines=lines)
    from chat_app.turn_trace import open_tracer

    return Telemetry(Metrics(), open_tracer(endpoint, with_text=with_text), lines)
