"""Debian with Python, made from Debian's packages: what the official image of Python is for tests, where no registry of
images can be reached."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

SUITE = "bookworm"
PACKAGES = ("python3-venv", "ca-certificates")
_UNUSED = ("var/cache/apt/archives", "var/lib/apt/lists", "usr/share/doc", "usr/share/locale", "usr/share/man")


def base_archive(cache: Path) -> Path:
    """Return the root file system as a tar file; it is made once, in half a minute."""
    archive = cache / f"{SUITE}-python.tar"
    if archive.exists():
        return archive
    cache.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=cache) as scratch:
        root = Path(scratch) / "root"
        command = ["debootstrap", "--variant=minbase", f"--include={','.join(PACKAGES)}", SUITE, str(root)]
        done = subprocess.run(
            command + _mirror(), capture_output=True, text=True, env=_environment(), timeout=1500, check=False
        )
        assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]
        for folder in _UNUSED:
            shutil.rmtree(root / folder, ignore_errors=True)
            (root / folder).mkdir(parents=True)
        (root / "var/cache/apt/archives/partial").mkdir()
        for name in ("python", "python3"):  # where the official image has them
            (root / "usr/local/bin" / name).symlink_to("/usr/bin/python3")
        made = Path(scratch) / "made.tar"
        subprocess.run(["tar", "--directory", root, "--numeric-owner", "--create", "--file", made, "."], check=True)
        made.rename(archive)
    return archive


def _mirror() -> list[str]:
    """The mirror that this machine takes Debian's packages from, if it is a Debian."""
    if "ID=debian" not in Path("/etc/os-release").read_text("utf-8").splitlines():
        return []
    command = ["apt-get", "indextargets", "--format", "$(REPO_URI)", "Created-By: Packages"]
    found = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
    return [address for address in found if re.search(r"/debian/?$", address)][:1]


def _environment() -> dict[str, str]:
    """The environment with the proxy that apt uses."""
    told = subprocess.run(["apt-config", "dump", "Acquire::http::Proxy"], capture_output=True, text=True, check=True)
    found = re.search(r'Acquire::http::Proxy "([^"]+)"', told.stdout)
    return os.environ | ({"http_proxy": found[1]} if found and "DIRECT" not in found[1] else {})
