"""The toolkit's page scripts, with the one change that no setting of it makes."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

_OPENS_PANEL = re.compile(rb"\w+\(\{title:(\w+)\[\1\.length-1\]\.name,elements:\1\}\)")


def write_scripts(built: Path, folder: Path) -> int:
    """Copy the toolkit's scripts and styles; return how many places were changed.

    Its page opens the side panel by itself whenever passages arrive, also when a conversation is opened again: over the
    answer on a phone, and over what a person reads there. Here it opens when a marker is clicked.
    """
    if folder.is_symlink():
        folder.unlink()
    shutil.copytree(built, folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns("*.map"))
    changed = 0
    for script in built.glob("index-*.js"):
        text, places = _OPENS_PANEL.subn(b"void 0", script.read_bytes())
        if places:
            (folder / script.name).write_bytes(text)
        changed += places
    return changed
