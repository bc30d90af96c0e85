"""The plan of the house holds: who imports whom, what a file may be."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ROOMS = ("data_contracts", "lake", "retrieval", "scrapers", "assets", "orchestration", "chat_app")


def test_every_import_goes_down_the_house() -> None:
    linter = subprocess.run(
        [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"], cwd=ROOT, capture_output=True, text=True
    )
    assert linter.returncode == 0, linter.stdout + linter.stderr


def test_the_wheel_holds_every_room() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    assert set(project["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]) == set(ROOMS)
    ground = {"infra"}  # runs from a checkout, and is bound by the import table, too
    assert set(project["tool"]["importlinter"]["root_packages"]) == set(ROOMS) | ground


def test_every_dependency_says_what_it_is_for() -> None:
    lines = (ROOT / "pyproject.toml").read_text().splitlines()
    start, end = lines.index("dependencies = ["), lines.index("[project.scripts]")
    unexplained = [line for line in lines[start:end] if line.strip().startswith('"') and "#" not in line]
    assert unexplained == []


@pytest.mark.parametrize("room", ROOMS)
def test_importing_a_room_opens_nothing_heavy(room: str) -> None:
    """A room's package imports without torch, Dagster's AWS half or the chat's framework."""
    code = (
        f"import {room}, sys; "
        "heavy = {'torch', 'sentence_transformers', 'chainlit', 'dagster_aws', 'faiss'} & set(sys.modules); "
        "assert not heavy, heavy"
    )
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)


def test_no_file_is_named_after_nothing() -> None:
    empty_names = {"utils", "helpers", "common", "manager", "base", "misc"}
    assert [path for room in ROOMS for path in (ROOT / room).rglob("*.py") if path.stem in empty_names] == []


def test_no_test_folder_shadows_a_room() -> None:
    assert list((ROOT / "tests").rglob("__init__.py")) == []
