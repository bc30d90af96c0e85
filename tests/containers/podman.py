"""Podman with a storage of its own, so that nothing of it is seen outside these tests or outlives them."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
_CONFIGURATION = """
[containers]
default_ulimits = ["nofile=4096:4096", "nproc=4096:4096"]
log_driver = "k8s-file"
[engine]
runtime = "runc"
cgroup_manager = "cgroupfs"
events_logger = "file"
init_path = "{init}"
"""
_MOST_SECONDS = 1500


class Podman:
    """`run` is one call of podman; what it printed comes back, and a failure says all that it said."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        places = {"root": "store", "runroot": "run", "network-config-dir": "networks"}
        self._places = [f"--{name}={folder / place}" for name, place in places.items()] + _storage_driver(folder)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "tmp").mkdir(exist_ok=True)
        configuration = folder / "containers.conf"
        configuration.write_text(_CONFIGURATION.format(init=shutil.which("catatonit") or "/usr/bin/catatonit"))
        self.environment = os.environ | {"CONTAINERS_CONF": str(configuration), "TMPDIR": str(folder / "tmp")}

    def command(self, *arguments: str | Path) -> list[str]:
        """The whole command line of a call."""
        return ["podman", *self._places, *map(str, arguments)]

    def run(self, *arguments: str | Path, seconds: float = _MOST_SECONDS) -> str:
        """Call podman and return its standard output. Raises AssertionError with its words where it fails."""
        done = self.attempt(*arguments, seconds=seconds)
        assert done.returncode == 0, (
            f"podman {' '.join(map(str, arguments))}\n{done.stdout[-6000:]}{done.stderr[-6000:]}"
        )
        return done.stdout

    def attempt(self, *arguments: str | Path, seconds: float = _MOST_SECONDS) -> subprocess.CompletedProcess[str]:
        """Call podman, whatever comes of it."""
        return subprocess.run(
            self.command(*arguments), env=self.environment, cwd=ROOT, capture_output=True, text=True, timeout=seconds
        )

    @contextlib.contextmanager
    def container(self, image: str, *arguments: str | Path, options: Sequence[str | Path] = ()) -> Iterator[str]:
        """Run a container in the background with a root that cannot be written; it is gone after the block. It ends by
        itself after a while where nobody is left to end it."""
        name = self.run(
            "run", "--detach", "--read-only", "--network=host", "--timeout=1500", *options, image, *arguments
        ).strip()
        try:
            yield name
        finally:
            self.attempt("rm", "--force", "--time=0", "--volumes", name)

    def logs(self, name: str) -> str:
        """All that a container printed."""
        done = self.attempt("logs", name)
        return done.stdout + done.stderr

    def clear(self) -> None:
        """Take everything away, also what a run that was killed has left."""
        self.attempt("rm", "--all", "--force", "--time=0", "--volumes")
        self.attempt("rmi", "--all", "--force")
        for mount in sorted(_mounts_below(self.folder), reverse=True):
            subprocess.run(["umount", "--lazy", mount], check=False)
        shutil.rmtree(self.folder / "store", ignore_errors=True)
        shutil.rmtree(self.folder / "run", ignore_errors=True)
        shutil.rmtree(self.folder / "networks", ignore_errors=True)


def _storage_driver(folder: Path) -> list[str]:
    """overlay, or plain copies where the folder itself lies on an overlay, as inside a container."""
    folder.mkdir(parents=True, exist_ok=True)
    kind = subprocess.run(["stat", "--file-system", "--format=%T", folder], capture_output=True, text=True, check=True)
    return ["--storage-driver", "vfs" if "overlay" in kind.stdout else "overlay"]


def _mounts_below(folder: Path) -> list[str]:
    lines = Path("/proc/self/mounts").read_text().splitlines()
    return [place for line in lines if (place := line.split()[1]).startswith(f"{folder}/")]
