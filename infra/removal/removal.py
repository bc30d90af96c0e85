"""The order of things: say what goes, ask, empty, destroy, and again when logs came in meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from infra.config.stage_config import StageConfig
from infra.removal.holding import Holding, buckets, empty, holdings, standing

TRIES = 3
"""AWS delivers access logs with a delay of minutes, also into a bucket that was just emptied."""

Destroy = Callable[[], bool]
"""Destroys the stacks; False when some of them are still there."""


@dataclass(frozen=True, slots=True)
class Removal:
    """`ask` is shown a question and returns the answer; `tell` shows a line."""

    config: StageConfig
    cloudformation: Any
    s3: Any
    ask: Callable[[str], str]
    tell: Callable[[str], None]

    def run(self, destroy: Destroy) -> bool:
        """Return whether the stage is gone. Nothing is touched unless the answer is the stage's name."""
        config = self.config
        stacks = standing(self.cloudformation, config)
        if not stacks:
            self.tell(f"Nothing of {config.stage} is in this account.")
            return True
        self.tell(f"These stacks go: {', '.join(stacks)}.")
        self._announce(holdings(self.s3, buckets(self.cloudformation, config)))
        if self.ask(f"Type {config.stage} to go on: ").strip() != config.stage:
            self.tell("Nothing was changed.")
            return False
        return self._destroy(destroy)

    def _announce(self, held: list[Holding]) -> None:
        if self.config.is_prod:
            self.tell("Buckets and log groups of prod stay, and each database leaves a last snapshot.")
            self.tell("Deletion protection of the load balancer and both databases must be off, or AWS refuses.")
            return
        for holding in held:
            size = f"{holding.versions:,} versions, {holding.bytes / 1e6:,.1f} MB"
            self.tell(f"  deleted for good: {holding.bucket} ({size})")
        self.tell("Both databases go with all conversations, and leave no snapshot.")

    def _destroy(self, destroy: Destroy) -> bool:
        for _ in range(TRIES):
            names = [] if self.config.is_prod else buckets(self.cloudformation, self.config)
            for bucket in names:
                empty(self.s3, bucket)
            if destroy():
                return True
            if not holdings(self.s3, names):
                break  # something else is in the way, which CloudFormation has just said
            self.tell("Something was written into a bucket meanwhile; once more.")
        self.tell(f"Not everything of {self.config.stage} is gone. Mend what is said above and run this again.")
        return False
