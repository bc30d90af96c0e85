"""A machine without the extra `aws`, as `make run` sets one up."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

_ENTRANCES = """
import sys
from importlib.abc import MetaPathFinder


class Missing(MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {"dagster_aws", "dagster_postgres", "aws_lambda_powertools", "awslambdaric"}:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)


sys.meta_path.insert(0, Missing())

import assets.worker
import chat_app.server
import orchestration.cli
import orchestration.definitions
from orchestration.resources import make_flow
from orchestration.settings import PipelineSettings

flow = make_flow(PipelineSettings())
print(type(flow.crew).__module__, flow.crawler)
"""


@pytest.mark.slow
def test_a_run_needs_nothing_of_aws_where_no_worker_of_aws_is_set(tmp_path: Path) -> None:
    project = Path(__file__).resolve().parents[2]
    environment = {"LORECHAT_HOME": str(tmp_path), "PYTHONPATH": str(project), "HOME": str(tmp_path)}

    said = subprocess.run(
        [sys.executable, "-c", _ENTRANCES], cwd=tmp_path, env=environment, capture_output=True, text=True
    )

    assert said.stdout == "assets.stages.sharding None\n", said.stderr
