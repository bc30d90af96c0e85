"""GitHub's workflows, as far as they can be checked without GitHub: their schema, their safety, what they refer to."""

from __future__ import annotations

import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import yaml

from infra.github.github_config import read_github
from tests.ministack import ROOT

_FOLDER = ROOT / ".github" / "workflows"
_FILES = sorted(_FOLDER.glob("*.yml"))
_BIN = Path(sys.executable).parent


def _jobs() -> dict[str, dict[str, Any]]:
    return {
        f"{file.stem}.{name}": job
        for file in _FILES
        for name, job in yaml.safe_load(file.read_text("utf-8"))["jobs"].items()
    }


def _run(*command: str, **variables: str) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": "/usr/bin:/bin", **variables}
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=300)


@pytest.mark.slow
def test_github_would_take_every_file() -> None:
    for schema, files in (("github-workflows", _FILES), ("dependabot", [ROOT / ".github" / "dependabot.yml"])):
        checker = str(_BIN / "check-jsonschema")
        done = _run(checker, "--builtin-schema", f"vendor.{schema}", *map(str, files))
        assert done.returncode == 0, done.stdout


@pytest.mark.slow
def test_no_workflow_is_unsafe() -> None:
    """Actions by commit, no more rights than needed, nothing from outside in a script, no credentials left behind."""
    done = _run(str(_BIN / "zizmor"), "--offline", "--no-progress", "--min-severity", "medium", str(ROOT / ".github"))
    assert done.returncode == 0, done.stdout


def test_every_action_is_pinned_by_commit_and_says_its_version() -> None:
    for file in _FILES:
        for line in re.findall(r"uses: (.*)", file.read_text("utf-8")):
            assert line.startswith("./") or re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", line), line


def test_an_action_has_the_same_commit_everywhere() -> None:
    pinned = {
        tuple(line.split("@"))
        for file in _FILES
        for line in re.findall(r"uses: ([^.\s]+@\w+)", file.read_text("utf-8"))
    }
    assert len({action for action, _ in pinned}) == len(pinned)


def test_every_job_that_is_waited_for_exists_and_every_stage_waits_for_the_one_before() -> None:
    jobs = _jobs()
    for name, job in jobs.items():
        for needed in [job.get("needs", [])] if isinstance(job.get("needs"), str) else job.get("needs", []):
            assert f"{name.split('.')[0]}.{needed}" in jobs
    assert [jobs[f"deploy.{stage}"]["needs"] for stage in ("staging", "prod")] == ["dev", "staging"]
    assert jobs["deploy.images"]["needs"] == "check"


def test_every_role_that_is_taken_is_one_that_is_made() -> None:
    taken = {role for file in _FILES for role in re.findall(r"role/lorechat-(.+)", file.read_text("utf-8"))}
    assert taken == {"plan", "images", "deploy-${{ inputs.stage }}"}
    stages = {job["with"]["stage"] for job in _jobs().values() if "with" in job}
    assert stages == set(read_github().stages)


def test_only_jobs_that_take_a_role_get_a_token() -> None:
    for name, job in _jobs().items():
        if job.get("permissions", {}).get("id-token"):
            assert "uses" in job or any("role-to-assume" in step.get("with", {}) for step in job["steps"]), name


def test_every_make_target_and_script_of_a_workflow_exists() -> None:
    makefile = (ROOT / "Makefile").read_text()
    for job in _jobs().values():
        for step in job.get("steps", []):
            for target in re.findall(r"^make ([a-z-]+)", step.get("run", "")):
                assert f"\n{target}:" in makefile
            for script in re.findall(r"sh (infra/\S+)", step.get("run", "")):
                assert (ROOT / script).exists()


def test_scripts_are_sound() -> None:
    scripts = [*(ROOT / "infra").rglob("*.sh"), ROOT / ".ci" / "run"]
    done = _run(str(_BIN / "shellcheck"), *map(str, scripts))
    assert done.returncode == 0, done.stdout


@contextmanager
def _chat(statuses: list[int]) -> Iterator[str]:
    """A chat that answers with these statuses in turn, and with the last one from then on."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(statuses.pop(0) if len(statuses) > 1 else statuses[0])
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


@pytest.mark.parametrize(("statuses", "status"), [([503, 200], 0), ([503], 1)])
def test_a_deployment_is_done_once_the_chat_answers(tmp_path: Path, statuses: list[int], status: int) -> None:
    outputs = tmp_path / "dev.outputs.json"
    with _chat(statuses) as address:
        outputs.write_text(f'{{\n  "lorechat-dev-edge": {{\n    "Address": "{address}"\n  }}\n}}\n')
        done = _run("sh", "infra/setup/answers.sh", str(outputs), TRIES="2", PAUSE="0")
    assert done.returncode == status, done.stderr


def test_a_deployment_without_an_address_is_said(tmp_path: Path) -> None:
    outputs = tmp_path / "dev.outputs.json"
    outputs.write_text("{}")
    done = _run("sh", "infra/setup/answers.sh", str(outputs))
    assert done.returncode == 1
    assert "names no address" in done.stderr
