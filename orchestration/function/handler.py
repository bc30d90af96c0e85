"""What AWS Lambda calls: for objects dropped into a bucket, and for shares of stages that Dagster hands out.

| event | what is done |
| --- | --- |
| of S3 (`Records`) | pages below `incoming/` become documents and chunks of a source, and JSONL below `processed/` |
| of Dagster Pipes (`stage`, `source`, `shard`) | that share of the stage, as `python -m assets.worker` does it |
| of the failures' queue (`requestPayload`) | the event that failed is done again |

The imports are many and stand here, not in functions: AWS gives a new process more of its time before the first event.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from assets.worker import run_in_pipes
from orchestration.error import EventUnknown
from orchestration.function.deadline import Deadline
from orchestration.function.drop_round import DropRound
from orchestration.function.drop_work import DropWork
from orchestration.function.observation import Observation
from orchestration.function.once import Once
from orchestration.settings import PipelineSettings

_PIPES_FIELDS = ("stage", "source", "shard")


def handle(event: Mapping[str, Any], context: Any) -> dict[str, Any]:
    """Do what an event says. Errors: DropsFailed, EventUnknown; whatever a share raises that is a bug."""
    return _function().handle(event, context)


@dataclass(frozen=True)
class Function:
    """What is the same for all events of a process."""

    settings: PipelineSettings
    observation: Observation
    round: DropRound

    @classmethod
    def open(cls, settings: PipelineSettings) -> Function:
        """Make it; nothing is opened yet."""
        observation = Observation(settings.environment())
        once = Once(settings.idempotency_table, settings.s3_region)
        return cls(settings, observation, DropRound(DropWork(settings, observation), once, observation))

    def handle(self, event: Mapping[str, Any], context: Any) -> dict[str, Any]:
        """Do what an event says, and tell of it."""
        with self.observation.invocation(context):
            return self._do(event, context)

    def _do(self, event: Mapping[str, Any], context: Any) -> dict[str, Any]:
        if "requestPayload" in event:
            event = event["requestPayload"]
        if "Records" in event:
            return self.round.run(event, Deadline(context.get_remaining_time_in_millis), context)
        if all(name in event for name in _PIPES_FIELDS):
            return self._share(event)
        if event.get("Event") == "s3:TestEvent":  # S3 sends one when notifications are switched on
            return {"done": []}
        raise EventUnknown(
            f"an event with {', '.join(sorted(event)) or 'nothing'} is none that this function knows: it wants S3's "
            f"Records, or {', '.join(_PIPES_FIELDS)} of a Dagster Pipes session"
        )

    def _share(self, event: Mapping[str, Any]) -> dict[str, Any]:
        names = {name: event[name] for name in _PIPES_FIELDS}
        self.observation.logger.info("a share begins", **names)
        with self.observation.step(str(event["stage"])):
            status = run_in_pipes(
                event["stage"], event["source"], event["shard"], self.settings.environment(), params=event
            )
        self.observation.logger.info("a share ended", **names, status=status)
        return {"status": status}


@cache
def _function() -> Function:
    return Function.open(PipelineSettings())
