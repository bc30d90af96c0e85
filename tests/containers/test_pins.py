"""The versions that the images are made of fit pyproject.toml, and the images get what their code imports."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.containers.podman import ROOT

FOLDER = ROOT / "infra" / "containers"
LISTS = ("chat", "worker", "dagster", "model")
ROOMS = {
    "chat": ("data_contracts", "lake", "retrieval", "chat_app"),
    "worker": ("data_contracts", "lake", "retrieval", "scrapers", "assets"),
    "dagster": ("data_contracts", "lake", "retrieval", "scrapers", "assets", "orchestration"),
}
ELSEWHERE = {"torch", "sentence-transformers", "transformers", "safetensors", "openvino", "huggingface-hub"}
"""What runs other models than the default one; no image has it."""

DAGSTER_ALONE = {"worker": {"dagster"}}
"""The files of `assets/` that declare assets are loaded by Dagster alone."""


def wanted() -> dict[str, Requirement]:
    """What pyproject.toml wants, by name."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    texts = [*project["dependencies"], *(project["optional-dependencies"][extra] for extra in ("aws", "local"))]
    flat = [text for entry in texts for text in ([entry] if isinstance(entry, str) else entry)]
    return {canonicalize_name(Requirement(text).name): Requirement(text) for text in flat}


def named(name: str) -> set[str]:
    """What an image asks for by name."""
    found: set[str] = set()
    for line in (FOLDER / f"{name}.in").read_text().splitlines():
        if line.startswith("-r "):
            found |= named(line[3:].removesuffix(".in"))
        elif line and not line.startswith("#"):
            found.add(canonicalize_name(Requirement(line).name))
    return found


def pinned(name: str) -> dict[str, list[str]]:
    """The versions of a list: more than one where they depend on Python's."""
    found: dict[str, list[str]] = {}
    for package, version in re.findall(r"^([\w.-]+)==([^\s;]+)", (FOLDER / f"{name}.txt").read_text(), re.MULTILINE):
        found.setdefault(canonicalize_name(package), []).append(version)
    return found


@pytest.mark.parametrize("name", LISTS)
def test_pinned_versions_are_those_that_the_project_wants(name: str) -> None:
    asks = wanted()
    for package, versions in pinned(name).items():
        if package in asks:
            for version in versions:
                assert asks[package].specifier.contains(version), f"{package}: make pins"
    assert named(name) <= set(pinned(name)), "make pins"


@pytest.mark.parametrize("name", ["chat", "worker", "dagster"])
def test_images_name_only_what_the_project_wants(name: str) -> None:
    assert named(name) <= set(wanted())


def test_every_pinned_package_has_hashes() -> None:
    for name in LISTS:
        blocks = re.split(r"\n(?=\S)", (FOLDER / f"{name}.txt").read_text().strip())
        assert all("--hash=sha256:" in block for block in blocks)


def test_torch_of_the_images_is_the_one_of_the_project() -> None:
    assert (FOLDER / "torch.txt").read_text().strip() == str(wanted()["torch"]), "make pins"


@pytest.mark.parametrize("image", ROOMS)
def test_an_image_holds_what_its_code_imports(image: str) -> None:
    providers = packages_distributions()
    there = set(pinned(image))
    for module, place in _imports(ROOMS[image]):
        names = {canonicalize_name(name) for name in providers.get(module, [])}
        assert not names or names & (there | ELSEWHERE | DAGSTER_ALONE.get(image, set())), (
            f"{place} imports {module}, which {image}.in lacks"
        )


def test_commands_of_the_dagster_image_find_the_instance_file_that_they_read() -> None:
    from orchestration.materialize import INSTANCE_FILE

    folder = str(INSTANCE_FILE.parent.relative_to(ROOT))
    target = (FOLDER / "Dockerfile").read_text().split(" AS dagster\n")[1].split("\nFROM ")[0]
    assert f"COPY {folder} {folder}" in target.splitlines()
    assert f"!{folder}" in (ROOT / ".dockerignore").read_text().splitlines()


def _imports(rooms: tuple[str, ...]) -> Iterator[tuple[str, Path]]:
    for path in (path for room in rooms for path in (ROOT / room).rglob("*.py")):
        if path == ROOT / "orchestration" / "cli.py":  # the one file that knows both pipeline and chat
            continue
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom) and node.module and not node.level:
                names = [node.module]
            for name in names:
                top = name.partition(".")[0]
                if top not in sys.stdlib_module_names and not (ROOT / top).is_dir():
                    yield top, path
