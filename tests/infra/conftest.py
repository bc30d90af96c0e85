"""The templates of two stages, written once for all tests: dev without a domain, prod with everything."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from tests.infra.stand_in.deployed import deployed, dev, visit  # noqa: F401 - fixtures
from tests.infra.written_stage import Stage, written

# aws-cdk-lib runs in Node; the one that came with it into the environment is a version that it supports.
os.environ["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"


@pytest.fixture(scope="session", params=["dev", "prod"])
def stage(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Stage:
    """Each stage in turn."""
    return written(request.param, tmp_path_factory.mktemp(request.param))


@pytest.fixture(scope="session")
def prod(tmp_path_factory: pytest.TempPathFactory) -> Stage:
    """The stage with everything."""
    return written("prod", tmp_path_factory.mktemp("prod"))
