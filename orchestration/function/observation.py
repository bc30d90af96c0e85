"""What the function tells of itself: structured log lines, metrics in CloudWatch's embedded format, traces.

Logs name objects, sources, counts and reasons. They hold no text of a page and no secret: of an error that is none of
ours, whose message may hold anything, only its type and place are logged.
"""

from __future__ import annotations

import traceback
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from aws_lambda_powertools import Logger, Metrics, Tracer
from aws_lambda_powertools.metrics import MetricUnit

from assets.error import StageError
from lake import LakeError
from orchestration.error import OrchestrationError
from orchestration.function.outcome import Outcome
from retrieval.error import RetrievalError
from scrapers.error import ScraperError

SERVICE = "pages"
NAMESPACE = "LoreChat"

_OURS = (StageError, LakeError, RetrievalError, ScraperError, OrchestrationError)
_DAEMON = "AWS_XRAY_DAEMON_ADDRESS"
_LONGEST = 1_000  # characters of a message


class Observation:
    """Logger, metrics and tracer. Each is named by Powertools' own variables, or else as here."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        service = environment.get("POWERTOOLS_SERVICE_NAME") or SERVICE
        self.logger = Logger(service=service)
        self.metrics = Metrics(service=service, namespace=environment.get("POWERTOOLS_METRICS_NAMESPACE") or NAMESPACE)
        # Where no daemon takes traces, none are made: the tracer would complain of each.
        self._tracer = Tracer(service=service, auto_patch=False, disabled=not environment.get(_DAEMON) or None)

    @contextmanager
    def invocation(self, context: Any) -> Iterator[None]:
        """Name the invocation in all log lines, and write the metrics at its end, whatever that is."""
        self.logger.append_keys(request_id=context.aws_request_id, function=context.function_name)
        try:
            yield
        finally:
            if self.metrics.metric_set:
                self.metrics.flush_metrics()

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Put what happens within into the trace, as a part of its own."""
        with self._tracer.provider.in_subsegment(f"## {name}"):
            yield

    def count(self, outcome: Outcome) -> None:
        """Count what became of a drop."""
        self.metrics.add_metric("Drops", MetricUnit.Count, 1)
        self.metrics.add_metric("Failures", MetricUnit.Count, outcome.failures)
        for kind in ("documents", "chunks", "embeddings"):
            self.metrics.add_metric(kind.capitalize(), MetricUnit.Count, outcome.counts.get(kind, 0))

    def count_retry(self) -> None:
        """Count a drop that was not done and is tried again."""
        self.metrics.add_metric("Retries", MetricUnit.Count, 1)

    def problem(self, message: str, error: Exception, **fields: Any) -> str:
        """Log an error; return what may be said of it."""
        said = describe(error)
        frames = traceback.extract_tb(error.__traceback__)
        places = [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames]
        self.logger.error(message, extra={**fields, "error": said, "where": places[-8:]})
        return said


def describe(error: Exception) -> str:
    """What may be said of an error: the whole message where it is our own, written for people."""
    if isinstance(error, _OURS):
        return f"{type(error).__name__}: {str(error)[:_LONGEST]}"
    answer = getattr(error, "response", None)  # botocore's is a dict; other libraries have objects of that name
    code = answer.get("Error", {}).get("Code", "") if isinstance(answer, dict) else ""
    return f"{type(error).__name__} {code}".rstrip()
