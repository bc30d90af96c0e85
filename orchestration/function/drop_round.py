"""All drops of one event: each is done by itself, and none keeps another from being done."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from orchestration.error import DropsFailed, OutOfTime
from orchestration.function.drop import BadRecord, Drop, drops

if TYPE_CHECKING:
    from orchestration.function.deadline import Deadline
    from orchestration.function.drop_work import DropWork
    from orchestration.function.observation import Observation
    from orchestration.function.once import Once
    from orchestration.function.outcome import Outcome

_EXAMPLES = 10


@dataclass(frozen=True, slots=True)
class DropRound:
    """What a round needs."""

    work: DropWork
    once: Once
    observation: Observation

    def run(self, event: Mapping[str, Any], deadline: Deadline, context: Any) -> dict[str, Any]:
        """Do what is to be done, and return what became of each object.

        Raises DropsFailed at the end when some were not done for a reason that may pass: AWS then delivers the whole
        event again, of which only those are left to do.
        """
        done: list[dict[str, Any]] = []
        failed: list[str] = []
        for drop in drops(event):
            problem = self._attempt(drop, deadline, context, done)
            if problem is not None:
                failed.append(problem)
        if failed:
            raise DropsFailed(_message(done, failed))
        return {"done": done}

    def _attempt(
        self, drop: Drop | BadRecord, deadline: Deadline, context: Any, done: list[dict[str, Any]]
    ) -> str | None:
        """Return why a drop was not done, None when it was."""
        log = self.observation
        if isinstance(drop, BadRecord):
            log.logger.error("a record cannot be read", extra={"number": drop.number, "error": drop.reason})
            log.count_retry()
            return f"record {drop.number}: {drop.reason}"
        names = {"bucket": drop.bucket, "key": drop.key, "version": drop.version}
        try:
            deadline.check()
            outcome = self.once.do(drop, partial(self._do, deadline=deadline), context)
        except OutOfTime as error:
            log.logger.warning("out of time", extra=names)
            log.count_retry()
            return f"{drop.key}: {error}"
        except Exception as error:  # one object's trouble may not keep the others from being done; it is tried again
            log.count_retry()
            return f"{drop.key}: {log.problem('a drop was not done', error, **names)}"
        done.append({"key": drop.key, "version": drop.version, **outcome.to_dict()})
        return None

    def _do(self, drop: Drop, deadline: Deadline) -> Outcome:
        outcome = self.work.do(drop, deadline)
        names = {"bucket": drop.bucket, "key": drop.key, "version": drop.version}
        log = self.observation.logger.warning if outcome.failures or outcome.remark else self.observation.logger.info
        log("a drop was done", extra={**names, **outcome.to_dict()})
        self.observation.count(outcome)
        return outcome


def _message(done: list[dict[str, Any]], failed: list[str]) -> str:
    more = f"\n  and {len(failed) - _EXAMPLES} more" if len(failed) > _EXAMPLES else ""
    listed = "".join(f"\n  {problem}" for problem in failed[:_EXAMPLES])
    return f"{len(failed)} of {len(done) + len(failed)} dropped objects were not done:{listed}{more}"
