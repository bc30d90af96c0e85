"""The four images, built once, and what they are built from."""

from __future__ import annotations

import subprocess
from pathlib import Path

from tests.containers.base_image import base_archive
from tests.containers.podman import Podman
from tests.containers.registry import pip_secret

PYTHON = "docker.io/library/python:3.11-slim-bookworm"
TARGETS = ("chat", "dagster", "worker", "lambda")
USER = 10001
_CERTIFICATES = "/etc/ssl/certs"


def image_name(target: str) -> str:
    """The name of an image in podman's storage."""
    return f"localhost/lorechat-{target}:latest"


def import_base(podman: Podman, cache: Path) -> None:
    """Give this machine's stand-in for Python's official image its name."""
    podman.run("import", base_archive(cache), PYTHON)


def build_images(podman: Podman) -> None:
    """Build every target, as docs/containers.md says, with this machine's way to packages."""
    for target in TARGETS:
        build(podman, "infra/containers/Dockerfile", image_name(target), ".", "--target", target)


def build(podman: Podman, dockerfile: str, name: str, context: str | Path, *options: str) -> None:
    """Build an image; health checks are no part of podman's own format, hence Docker's."""
    certificates = ["-v", f"{_CERTIFICATES}:{_CERTIFICATES}:ro"] if Path(_CERTIFICATES).is_dir() else []
    command = ["build", "--format=docker", "--network=host", "--layers", *pip_secret(podman.folder), *certificates]
    podman.run(*command, *options, "-f", dockerfile, "-t", name, context)


def unpacked_megabytes(podman: Podman, target: str) -> float:
    """What an image takes on a disk, in millions of bytes."""
    return int(podman.run("image", "inspect", "--format={{.Size}}", image_name(target)).strip()) / 1e6


def packed_megabytes(podman: Podman, image: str) -> float:
    """What a registry stores and a machine fetches, at gzip's weakest: registries use stronger ones."""
    with (
        subprocess.Popen(
            podman.command("save", "--format=docker-archive", image),
            env=podman.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        ) as saved,
        subprocess.Popen(["gzip", "-1"], stdin=saved.stdout, stdout=subprocess.PIPE) as packed,
    ):
        assert packed.stdout is not None
        size = sum(len(piece) for piece in iter(lambda: packed.stdout.read(2**20), b""))  # type: ignore[union-attr]  # asserted above
    assert (saved.returncode, packed.returncode) == (0, 0)
    return size / 1e6
