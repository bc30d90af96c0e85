"""This machine's way to Python packages, for a build: it goes in as a secret and is in no layer."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path


def pip_secret(folder: Path) -> list[str]:
    """Return options of a build: pip's configuration as the secret `pip`, and what it names of this machine's disk."""
    told = subprocess.run(
        [sys.executable, "-m", "pip", "config", "list"], capture_output=True, text=True, check=True
    ).stdout
    settings: dict[str, str] = {}
    for line in told.splitlines():  # what the environment says comes last, and wins
        key, _, value = line.partition("=")
        section, _, name = key.rpartition(".")
        if section in ("global", ":env:", "install") and name not in ("python", "require-virtualenv", "target", "user"):
            settings[name] = str(ast.literal_eval(value))
    secret = folder / "pip.conf"
    lines = [f"{name} = {' '.join(value.split())}" for name, value in settings.items()]
    secret.write_text("\n".join(["[global]", *lines, ""]))
    words = {word.removeprefix("file://") for value in settings.values() for word in value.split()}
    places = sorted(word for word in words if word.startswith("/") and Path(word).exists())
    return ["--secret", f"id=pip,src={secret}", *(part for place in places for part in ("-v", f"{place}:{place}:ro"))]
