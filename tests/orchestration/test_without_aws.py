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

try:
    flow = make_flow(PipelineSettings())
    print(type(flow.crew).__module__, flow.crawler)
except Exception as error:  # of any kind: the test reads its name
    print(type(error).__name__, error)
"""


@pytest.mark.slow
def test_a_run_needs_nothing_of_aws_where_no_worker_of_aws_is_set(tmp_path: Path) -> None:
    assert _made(tmp_path) == "assets.stages.sharding None\n"


@pytest.mark.slow
def test_a_run_says_what_to_install_where_a_worker_of_aws_is_set(tmp_path: Path) -> None:
    said = _made(tmp_path, LORECHAT_WORKER_FUNCTION="pages", LORECHAT_LAKE="s3://lake/lake")

    assert said.startswith("BadInput ")
    assert "dagster_aws is not installed: pip install 'lorechat[aws]'" in said


def _made(home: Path, **settings: str) -> str:
    project = Path(__file__).resolve().parents[2]
    environment = {"LORECHAT_HOME": str(home), "PYTHONPATH": str(project), "HOME": str(home), **settings}
    said = subprocess.run([sys.executable, "-c", _ENTRANCES], cwd=home, env=environment, capture_output=True, text=True)
    assert said.returncode == 0, said.stderr
    return said.stdout
