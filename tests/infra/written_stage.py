"""What the CDK writes for a stage."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from infra.config.stage_config import read_stage


@dataclass(frozen=True, slots=True)
class Stage:
    """What was written for a stage."""

    name: str
    folder: Path
    templates: dict[str, dict[str, Any]]

    def resources(self, stack: str, kind: str) -> dict[str, dict[str, Any]]:
        """Return the properties of all resources of a kind, by their logical ids."""
        found = self.templates[stack]["Resources"].items()
        return {name: resource.get("Properties", {}) for name, resource in found if resource["Type"] == kind}

    def only(self, stack: str, kind: str) -> dict[str, Any]:
        """Return the properties of the one resource of a kind."""
        (properties,) = self.resources(stack, kind).values()
        return properties


def written(name: str, folder: Path) -> Stage:
    """Write a stage's templates to `folder`."""
    from infra.app import build_app

    assembly = build_app(read_stage(name), folder).synth()
    prefix = f"lorechat-{name}-"
    templates = {stack.stack_name.removeprefix(prefix): stack.template for stack in assembly.stacks}
    return Stage(name, folder, templates)
