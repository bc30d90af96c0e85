"""The templates of two stages, written once for all tests: dev without a domain, prod with everything."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from infra.config.stage_config import read_stage

# aws-cdk-lib runs in Node; the one that came with it into the environment is a version that it supports.
os.environ["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"


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


@pytest.fixture(scope="session", params=["dev", "prod"])
def stage(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Stage:
    """Each stage in turn."""
    return written(request.param, tmp_path_factory.mktemp(request.param))


@pytest.fixture(scope="session")
def prod(tmp_path_factory: pytest.TempPathFactory) -> Stage:
    """The stage with everything."""
    return written("prod", tmp_path_factory.mktemp("prod"))


def written(name: str, folder: Path) -> Stage:
    """Write a stage's templates to `folder`."""
    from infra.app import build_app

    assembly = build_app(read_stage(name), folder).synth()
    prefix = f"lorechat-{name}-"
    templates = {stack.stack_name.removeprefix(prefix): stack.template for stack in assembly.stacks}
    return Stage(name, folder, templates)
