"""Each turn as a line of metrics in the log, for CloudWatch: real values, so that percentiles are those of people's
waiting. `/metrics` has the same for Prometheus, in buckets."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, TextIO

from data_contracts.metric_line import MetricKind, metric_line

if TYPE_CHECKING:
    from chat_app.answer import Answer

TURNS = MetricKind("turns", "Count", (("outcome",),))
TURN_SECONDS = MetricKind("turn_seconds", "Seconds")
FIRST_TEXT_SECONDS = MetricKind("first_text_seconds", "Seconds")
RETRIEVAL_SECONDS = MetricKind("retrieval_seconds", "Seconds")
INPUT_TOKENS = MetricKind("input_tokens", "Count", (("model",),))
OUTPUT_TOKENS = MetricKind("output_tokens", "Count", (("model",),))
ANSWER_DOLLARS = MetricKind("answer_dollars", "None", (("model",),))
CACHED_ANSWERS = MetricKind("cached_answers", "Count")
"""1 for an answer that was given again, 0 for another: the average is the share of hits."""


@dataclass(slots=True)
class TurnTimes:
    """Seconds of one turn; None for what it did not come to."""

    retrieval: float | None = None
    first_text: float | None = None
    whole: float = 0.0


@dataclass(frozen=True, slots=True)
class TurnLines:
    """Writes a line for each turn of a deployment. No label takes a value that a visitor chooses."""

    stage: str
    stream: TextIO = field(default_factory=lambda: sys.stdout)

    def turn(self, outcome: str, times: TurnTimes, answer: Answer | None) -> None:
        """Write the line of a turn that has ended; `answer` is None where there is none."""
        values: dict[MetricKind, float | None] = {
            TURNS: 1,
            TURN_SECONDS: times.whole,
            FIRST_TEXT_SECONDS: times.first_text,
            RETRIEVAL_SECONDS: times.retrieval,
        }
        if answer is not None:
            values[CACHED_ANSWERS] = int(answer.cached)
            values[INPUT_TOKENS] = answer.usage.input_tokens
            values[OUTPUT_TOKENS] = answer.usage.output_tokens
            values[ANSWER_DOLLARS] = answer.cost
        known = {kind: float(value) for kind, value in values.items() if value is not None}
        model = answer.model if answer else ""
        self.stream.write(metric_line(self.stage, datetime.now(UTC), known, outcome=outcome, model=model))
        self.stream.flush()
