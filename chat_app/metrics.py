"""What `/metrics` shows. No label takes a value that a visitor chooses, so the number of series stays small."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, PlatformCollector, ProcessCollector
from prometheus_client.exposition import generate_latest

if TYPE_CHECKING:
    from chat_app.answer import Answer

_SECONDS = (0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)
_SEARCH_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5)


class Metrics:
    """The measures of one process, on a registry of their own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        PlatformCollector(registry=self.registry)
        own = self.registry
        self.running = Gauge("lorechat_turns_running", "Turns that are being answered", registry=own)
        self.first_text = Histogram(
            "lorechat_first_text_seconds",
            "From the question to the first piece of text",
            ["door"],
            buckets=_SECONDS,
            registry=own,
        )
        self.retrieval = Histogram(
            "lorechat_retrieval_seconds", "Search of one turn", buckets=_SEARCH_SECONDS, registry=own
        )
        self._total = Histogram(
            "lorechat_turn_seconds", "From the question to the whole answer", ["door"], buckets=_SECONDS, registry=own
        )
        self._turns = Counter("lorechat_turns", "Turns by how they ended", ["outcome", "model", "door"], registry=own)
        self._tokens = Counter("lorechat_tokens", "Tokens of language models", ["model", "kind"], registry=own)
        self._cost = Counter("lorechat_cost_dollars", "Known prices of answers", ["model"], registry=own)
        self._cached = Counter("lorechat_cached_answers", "Answers that were given again", registry=own)
        self.breakers = Gauge(
            "lorechat_breaker_open", "1 while a model is left alone because it failed", ["model"], registry=own
        )
        self.refusals = Counter("lorechat_refusals", "Requests that a door refused", ["status"], registry=own)
        self.over_budget = Counter("lorechat_budget_refusals", "Calls that a budget did not allow", registry=own)

    def turn(self, outcome: str, door: str, seconds: float, answer: Answer | None) -> None:
        """Count a turn that has ended; `answer` is None where there is none."""
        model = answer.model if answer else ""
        self._turns.labels(outcome, model, door).inc()
        self._total.labels(door).observe(seconds)
        if answer is None:
            return
        if answer.cached:
            self._cached.inc()
        self._tokens.labels(model, "input").inc(answer.usage.input_tokens)
        self._tokens.labels(model, "output").inc(answer.usage.output_tokens)
        if answer.cost:
            self._cost.labels(model).inc(answer.cost)

    def gauge(self, name: str, says: str, read: Callable[[], float]) -> None:
        """Add a gauge that is read when somebody looks."""
        Gauge(name, says, registry=self.registry).set_function(read)

    def text(self) -> bytes:
        """Return everything in Prometheus' text format."""
        return generate_latest(self.registry)
