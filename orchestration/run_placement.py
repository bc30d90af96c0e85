"""Where a run goes in AWS, said by its tags: those of Dagster's ECS run launcher."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from data_contracts.run_size import RunSize, fitting

CPU_TAG, MEMORY_TAG = "ecs/cpu", "ecs/memory"
TASK_TAG = "ecs/run_task_kwargs"
SPOT_TAG = "lorechat/spot"
RETRY_TAG = "dagster/retry_number"


@dataclass(frozen=True, slots=True)
class Placement:
    """A stage's rules: the `size` of runs that ask for none, whether `spot` is used, and the network of tasks."""

    size: RunSize
    spot: bool
    subnets: tuple[str, ...]
    group: str

    def tags(self, run: Mapping[str, str], source: RunSize | None) -> dict[str, str]:
        """Return the tags to add to a run that has the tags `run`, of a source that asks for a size.

        What the run's own tags ask for comes before what its source asks for, and that before the stage's size.
        Errors: ValueError for a size that Fargate does not have, or a tag that cannot be read.
        """
        size = self._size(run, source)
        asked: Any = json.loads(run.get(TASK_TAG, "{}"))
        if not isinstance(asked, dict):
            raise ValueError(f"the tag {TASK_TAG} must be an object of JSON")
        return {
            CPU_TAG: str(size.cpu),
            MEMORY_TAG: str(size.memory),
            TASK_TAG: json.dumps({**asked, **self._task(run)}),
        }

    def _size(self, run: Mapping[str, str], source: RunSize | None) -> RunSize:
        cpu, memory = (int(run[tag]) if tag in run else None for tag in (CPU_TAG, MEMORY_TAG))
        return fitting(source or self.size, cpu=cpu, memory=memory)

    def _task(self, run: Mapping[str, str]) -> dict[str, Any]:
        """Spot for a first try only: what was interrupted once shall end. In all zones, as Spot's supply differs."""
        is_spot = self.spot and run.get(SPOT_TAG) != "false" and RETRY_TAG not in run
        return {
            "capacityProviderStrategy": [{"capacityProvider": "FARGATE_SPOT" if is_spot else "FARGATE", "weight": 1}],
            "networkConfiguration": {
                "awsvpcConfiguration": {
                    "subnets": list(self.subnets),
                    "securityGroups": [self.group],
                    "assignPublicIp": "ENABLED",  # the way out, since there is no NAT; the group lets nobody in
                }
            },
        }
