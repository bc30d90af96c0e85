"""The cdk command, told to work on an account of the tests."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.ministack import ACCOUNT, REGION, ROOT, Ministack

_PROGRAM = ROOT / ".venv" / "cdk" / "node_modules" / ".bin" / "cdk"
_SECONDS = 300


@dataclass(frozen=True, slots=True)
class Cdk:
    """Works on the assembly in `folder`, which it does not write. It asks nobody and sends nothing elsewhere."""

    account: Ministack
    folder: Path

    def bootstrap(self) -> None:
        """Prepare the account, as an operator does once."""
        self._run("bootstrap", f"aws://{ACCOUNT}/{REGION}")

    def deploy(self) -> dict[str, dict[str, str]]:
        """Deploy all stacks and return their outputs, by the stack's name."""
        outputs = self.account.folder / "outputs.json"
        self._run("deploy", "--all", "--require-approval", "never", "--outputs-file", str(outputs))
        told: dict[str, dict[str, str]] = json.loads(outputs.read_text())
        return told

    def destroying(self) -> list[str]:
        """Return the command that destroys all stacks without asking."""
        return self.command("destroy", "--all", "--force")

    def command(self, *arguments: str) -> list[str]:
        """Return a cdk command."""
        if not _PROGRAM.exists():
            pytest.fail("the cdk command is not installed: sh infra/setup/test_programs.sh")
        return [str(_PROGRAM), "--app", str(self.folder), "--no-notices", "--ci", *arguments]

    def environment(self) -> dict[str, str]:
        """Return the variables of a program that works on the account; nothing of the caller's own credentials."""
        folder = Path(sys.executable).parent  # where Node and Python of the project are
        return {
            "PATH": f"{folder}{os.pathsep}{os.environ['PATH']}",
            "HOME": str(self.account.folder),
            "CDK_DISABLE_CLI_TELEMETRY": "true",
            **self.account.environment(),
        }

    def run(self, command: Sequence[str], typed: str = "") -> str:
        """Run a program on the account and return what it said; fail when it failed."""
        done = subprocess.run(
            command,
            input=typed,
            env=self.environment(),
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=_SECONDS,
        )
        if done.returncode:
            log = (self.account.folder / "log").read_text()
            pytest.fail(f"{command}:\n{done.stdout[-4000:]}{done.stderr[-2000:]}\nministack:\n{log[-2000:]}")
        return done.stdout

    def _run(self, *arguments: str) -> None:
        self.run(self.command(*arguments))
