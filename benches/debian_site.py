"""Real websites to measure with: documentation packages of Debian, unpacked into a cache."""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path

CACHE = Path.home() / ".cache" / "lorechat" / "sites"


def site_folder(package: str, root: str) -> Path:
    """Return the folder `root` of a package's files, downloading and unpacking the package at the first call.

    Errors: FileNotFoundError when this machine cannot get the package, or the package has no such folder.
    """
    files = CACHE / package
    if not files.is_dir():
        CACHE.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=CACHE) as downloads:
            _ask(["apt-get", "download", package], downloads)
            archive = next(Path(downloads).glob("*.deb"))
            _ask(["dpkg", "-x", archive.name, "files"], downloads)
            (Path(downloads) / "files").rename(files)
    folder = files / root
    if not folder.is_dir():
        raise FileNotFoundError(f"{folder}: the Debian package {package} has no such folder")
    return folder


def _ask(command: list[str], folder: str) -> None:
    try:
        subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True)
    except (OSError, subprocess.CalledProcessError) as error:
        reason = getattr(error, "stderr", None) or error
        raise FileNotFoundError(f"a Debian package ({' '.join(command)}: {reason})") from error
