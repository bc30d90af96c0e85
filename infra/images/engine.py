"""The program that builds and pushes images: Docker, Finch or Podman, whichever is there."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

ENGINES = ("docker", "finch", "podman")
PLATFORM = {"ARM64": "linux/arm64", "X86_64": "linux/amd64"}


class ImageError(Exception):
    """An image could not be built or pushed; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Engine:
    """A program that takes Docker's commands."""

    program: str

    @property
    def is_podman(self) -> bool:
        """Podman attests nothing, and keeps health checks in Docker's format alone."""
        return Path(self.program).name == "podman"

    def build(self, target: str, *, name: str, architecture: str, file: Path, context: Path) -> None:
        """Build one target of the container file. Errors: ImageError."""
        # Without an attestation beside it: with one, Docker pushes an index, which Lambda refuses.
        plain = ["--format", "docker"] if self.is_podman else ["--provenance=false"]
        what = ["--target", target, "--platform", PLATFORM[architecture], "--tag", name]
        self._run(["build", *what, *plain, "--file", str(file), str(context)])

    def log_in(self, registry: str, user: str, password: str) -> None:
        """Errors: ImageError."""
        self._run(["login", "--username", user, "--password-stdin", registry], given=password)

    def push(self, name: str) -> None:
        """Errors: ImageError."""
        self._run(["push", name])

    def _run(self, arguments: Sequence[str], given: str | None = None) -> None:
        try:
            subprocess.run([self.program, *arguments], input=given, text=True, check=True)  # noqa: S603  one of ENGINES
        except subprocess.CalledProcessError as error:
            said = " ".join([Path(self.program).name, *arguments[:1]])
            raise ImageError(f"`{said}` failed with exit status {error.returncode}; its own words are above") from error


def find_engine(wanted: str | None = None) -> Engine:
    """Return the engine that was asked for, or the first that is there and runs. Errors: ImageError."""
    tried = []
    for name in [wanted] if wanted else ENGINES:
        program = shutil.which(name)
        if program is None:
            continue
        # `docker` may be a client whose daemon is not running.
        if subprocess.run([program, "info"], capture_output=True).returncode == 0:  # noqa: S603  one of ENGINES
            return Engine(program)
        tried.append(name)
    if tried:
        raise ImageError(f"{' and '.join(tried)} cannot be used: is the machine or daemon of it started?")
    missing = wanted or "Docker, Finch or Podman"
    raise ImageError(f"{missing} is needed to build images. macOS: brew install finch; Debian: apt install podman")
