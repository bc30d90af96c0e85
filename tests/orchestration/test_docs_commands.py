"""Every command that stands in the handbook or the README is run here.

Blocks marked `console` hold commands only, one a line. `make` targets are other tests' business (they would set up an
environment or run this very test): here they only have to exist.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from orchestration.settings import PROJECT

Run = Callable[..., "subprocess.CompletedProcess[str]"]

EXAMPLE_SITE = "https://docs.example.com"
TEXTS = [PROJECT / "README.md", *sorted((PROJECT / "docs").glob("*.md"))]


def _commands(text: Path) -> list[str]:
    blocks = re.findall(
        r"^```(?:console|bash|sh)\n(.*?)^```", text.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL
    )
    return [line for block in blocks for line in block.splitlines() if line.strip()]


def _make_targets() -> set[str]:
    return set(re.findall(r"^([a-z-]+):", (PROJECT / "Makefile").read_text(), re.MULTILINE))


@pytest.mark.parametrize("text", TEXTS, ids=lambda path: path.name)
def test_every_make_target_that_is_named_exists(text: Path) -> None:
    named = re.findall(r"(?:^|`)make ([a-z-]+)", text.read_text(encoding="utf-8"), re.MULTILINE)
    assert set(named) <= _make_targets()


def test_the_blocks_hold_commands_and_not_their_output() -> None:
    for text in TEXTS:
        assert all(line.split()[0] in ("make", "lorechat", "cp", "echo") for line in _commands(text)), text.name


@pytest.mark.slow
def test_every_command_in_the_texts_runs(lorechat: Run, workplace: tuple[Path, dict[str, str]], site: str) -> None:
    folder, variables = workplace
    shutil.copy(PROJECT / ".env.example", folder)
    (folder / "saved-site").mkdir()
    (folder / "saved-site" / "page.html").write_text("<html><body><main><h1>A</h1><p>Saved words.</p></main></html>")
    assert lorechat("add", f"{site}/guide/moor.html", "--name", "prepared").returncode == 0
    seen: set[str] = set()
    for text in TEXTS:
        commands = [line.replace(EXAMPLE_SITE, site) for line in _commands(text) if not line.startswith("make ")]
        commands = [line for line in dict.fromkeys(commands) if line not in seen]
        seen.update(commands)
        script = "\n".join(["set -euo pipefail", *commands])
        done = subprocess.run(
            ["bash", "-c", script], cwd=folder, env=variables, capture_output=True, text=True, timeout=300
        )
        assert done.returncode == 0, f"{text.name}\n{script}\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}"
