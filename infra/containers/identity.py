"""Write what Python knows a project's version by: `python identity.py pyproject.toml FOLDER`. Runs in a build only.

The code lies in an image as it is, so `importlib.metadata` would not find its version.
"""

from __future__ import annotations

import sys
import tomllib
from pathlib import Path


def main(project: Path, folder: Path) -> None:
    told = tomllib.loads(project.read_text("utf-8"))["project"]
    place = folder / f"{told['name']}-{told['version']}.dist-info"
    place.mkdir(parents=True)
    metadata = f"Metadata-Version: 2.1\nName: {told['name']}\nVersion: {told['version']}\n"
    (place / "METADATA").write_text(metadata, "utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
