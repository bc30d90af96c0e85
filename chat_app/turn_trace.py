"""OpenTelemetry spans of a turn: `turn`, and in it `retrieve`, `model` and `verify`.

They are made from what the turn's events say and when they came, with their own times: a turn runs in generators, where
a current span would leak into whatever runs between two pieces.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.trace import Span, Tracer

    from chat_app.answer import Answer, Searched
    from chat_app.question import Question


class TurnTracer:
    """Makes spans and sends them in the background. `with_text` puts the questions' words in them."""

    def __init__(self, provider: TracerProvider, *, with_text: bool = False) -> None:
        self._provider = provider
        self._tracer = provider.get_tracer("lorechat")
        self._with_text = with_text

    def begin(self, question: Question, door: str) -> TurnTrace:
        """Begin the spans of a turn."""
        said: dict[str, str | int] = {
            "lorechat.door": door,
            "lorechat.profile": question.profile,
            "lorechat.sources": ",".join(question.sources or ()),
            "lorechat.history": len(question.history),
        }
        if self._with_text:
            said["lorechat.question"] = question.text
        return TurnTrace(self._tracer, said)

    def close(self) -> None:
        """Send what waits."""
        self._provider.shutdown()


class TurnTrace:
    """The spans of one turn that runs."""

    def __init__(self, tracer: Tracer, attributes: Mapping[str, str | int]) -> None:
        self._tracer = tracer
        self._began = time.time_ns()
        self._turn: Span = tracer.start_span("turn", start_time=self._began, attributes=dict(attributes))
        self._searched_at = 0
        self._first_text_at = 0
        self._last_text_at = 0

    def searched(self, event: Searched) -> None:
        """The search is done."""
        self._searched_at = time.time_ns()
        found: dict[str, str | int | float] = {
            "lorechat.passages": len(event.passages),
            "lorechat.releases": ",".join(release.release_id for release in event.releases),
        }
        self._child("retrieve", self._began, self._searched_at, found)

    def text(self) -> None:
        """A piece of the answer came."""
        self._last_text_at = time.time_ns()
        self._first_text_at = self._first_text_at or self._last_text_at

    def failed(self, error: Exception) -> None:
        """The turn failed; the message is one that visitors are shown."""
        from opentelemetry.trace import Status, StatusCode

        self._turn.set_status(Status(StatusCode.ERROR, type(error).__name__))

    def end(self, outcome: str, answer: Answer | None) -> None:
        """The turn has ended, with an answer or without."""
        now = time.time_ns()
        written = self._last_text_at or now
        if self._searched_at:
            wrote = _writing(answer)
            if self._first_text_at:
                wrote["lorechat.first_text_ms"] = (self._first_text_at - self._searched_at) // 1_000_000
            self._child("model", self._searched_at, written, wrote)
        if answer is not None:
            checked = {"lorechat.citations": len(answer.citations), "lorechat.markers_removed": answer.markers_removed}
            self._child("verify", written, now, checked)
        self._turn.set_attribute("lorechat.outcome", outcome)
        self._turn.end(now)

    def _child(self, name: str, start: int, end: int, attributes: Mapping[str, str | int | float]) -> None:
        from opentelemetry.trace import set_span_in_context

        context = set_span_in_context(self._turn)
        self._tracer.start_span(name, context=context, start_time=start, attributes=dict(attributes)).end(end)


def _writing(answer: Answer | None) -> dict[str, str | int | float]:
    """Attributes of the model, named by OpenTelemetry's conventions for generative AI."""
    if answer is None:
        return {}
    wrote: dict[str, str | int | float] = {
        "gen_ai.response.model": answer.model,
        "gen_ai.usage.input_tokens": answer.usage.input_tokens,
        "gen_ai.usage.output_tokens": answer.usage.output_tokens,
        "lorechat.notes": len(answer.notes),
    }
    if answer.cost is not None:
        wrote["lorechat.cost_dollars"] = answer.cost
    return wrote


def open_tracer(endpoint: str, *, with_text: bool) -> TurnTracer:
    """Return a tracer that sends by OTLP over HTTP to a collector's address, such as http://127.0.0.1:4318."""
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    exporter = OTLPSpanExporter(endpoint=f"{endpoint.rstrip('/')}/v1/traces")
    provider = TracerProvider(resource=Resource.create({"service.name": "lorechat"}), shutdown_on_exit=False)
    provider.add_span_processor(BatchSpanProcessor(exporter))
    return TurnTracer(provider, with_text=with_text)
