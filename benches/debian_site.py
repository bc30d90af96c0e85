"""Real documentation sites: the HTML folders that Debian's documentation packages carry."""

from __future__ import annotations

import subprocess
from pathlib import Path

SITES = Path(".lorechat/bench/sites")


def unpacked(package: str) -> Path:
    """Return a folder that holds the package's files, downloading it once.

    Errors: FileNotFoundError when this machine cannot get Debian packages.
    """
    folder = SITES / package
    if not folder.is_dir():
        downloads = SITES / f".{package}"
        downloads.mkdir(parents=True, exist_ok=True)
        _ask(["apt-get", "download", package], downloads)
        archive = next(downloads.glob("*.deb"))
        _ask(["dpkg", "-x", archive.name, "files"], downloads)
        (downloads / "files").rename(folder)
    return folder


def _ask(command: list[str], folder: Path) -> None:
    try:
        subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True)
    except (OSError, subprocess.CalledProcessError) as error:
        reason = getattr(error, "stderr", None) or error
        raise FileNotFoundError(f"Debian package of a site ({' '.join(command)}): {reason}") from error
