"""Images that are built once for all tests of containers, and what they work on."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import TOPICS, topic_page
from tests.containers.image_set import USER, build_images, image_name, import_base
from tests.containers.podman import ROOT, Podman
from tests.orchestration.workplace.conftest import step  # noqa: F401 - a fixture

PROGRAMS = ("podman", "runc", "debootstrap", "catatonit")
_KEPT = ROOT / ".venv" / "containers"
"""The base image and packages are kept there between runs; images and containers are not."""

SOURCE = "notes"
_BUILD = f"""
import dagster as dg
from orchestration.definitions import make_definitions
from orchestration.partitions import add_partitions
from orchestration.resources import make_flow
from orchestration.settings import PipelineSettings
with dg.DagsterInstance.ephemeral() as instance:
    add_partitions(instance, ["{SOURCE}"])
    job = make_definitions(make_flow(PipelineSettings())).resolve_job_def("build_source")
    assert job.execute_in_process(instance=instance, partition_key="{SOURCE}").success
"""


@pytest.fixture(scope="session")
def podman() -> Iterator[Podman]:
    """Podman with the base image, alone in its storage: another run of the tests waits here."""
    missing = [program for program in PROGRAMS if shutil.which(program) is None]
    assert not missing, f"{', '.join(missing)} not found: sh infra/setup/test_programs.sh installs it, or says how"
    assert os.geteuid() == 0, (
        "container images are built by root here; podman's own users need more than Debian sets up"
    )
    _KEPT.mkdir(parents=True, exist_ok=True)
    with (_KEPT / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        made = Podman(_KEPT)
        made.clear()
        try:
            import_base(made, _KEPT)
            yield made
        finally:
            made.clear()


@pytest.fixture(scope="session")
def images(podman: Podman) -> Podman:
    """Podman with the four images."""
    build_images(podman)
    return podman


@pytest.fixture(scope="session")
def state(images: Podman, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home whose lake and index the Dagster image made of three dropped pages, belonging to the images' user."""
    home = tmp_path_factory.mktemp("state")
    drop_pages(home / "lake")
    hand_over(home)
    images.run(
        "run", "--rm", "--read-only", "--network=none", f"--volume={home}:/state", image_name("dagster"),
        "python", "-c", _BUILD,
    )  # fmt: skip
    return home


def drop_pages(lake: Path) -> None:
    """Put a source and its pages where the pipeline looks for them."""
    (lake / "sources").mkdir(parents=True)
    (lake / "inbox" / SOURCE).mkdir(parents=True)
    for key, body in dropped_files().items():
        (lake / key).write_text(body)


def dropped_files() -> dict[str, str]:
    """Keys below the lake's place, and what is there: a source and three pages of it."""
    pages = (
        {"url": f"https://notes.example.test/{topic}", "content": topic_page(topic), "fetched_at": "2026-01-01"}
        for topic in TOPICS[:3]
    )
    return {
        f"sources/{SOURCE}.yaml": f"name: {SOURCE}\ninbox: true\n",
        f"inbox/{SOURCE}/pages.jsonl": "".join(f"{json.dumps(page)}\n" for page in pages),
    }


def hand_over(folder: Path) -> None:
    """Give a folder to the images' user."""
    for path in (folder, *folder.rglob("*")):
        os.chown(path, USER, USER)
    for parent in folder.parents:  # pytest keeps its folders to their owner
        if parent.stat().st_uid == 0 and parent != Path("/") and not parent.stat().st_mode & 0o001:
            parent.chmod(parent.stat().st_mode | 0o001)
