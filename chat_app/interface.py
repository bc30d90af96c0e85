"""The look of the chat: the files in `interface/`, copied where the chat toolkit reads and writes them."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterable
from pathlib import Path

_SHIPPED = Path(__file__).resolve().parent / "interface"


def prepare_interface(folder: Path, *, origins: Iterable[str]) -> None:
    """Fill `folder` with the interface's files and make the toolkit use it.

    The toolkit writes translations and session files beside its configuration, so the shipped files are copied
    rather than used in place. Must run before `chainlit` is imported: it reads its root folder then.
    """
    settings = folder / ".chainlit"
    settings.mkdir(parents=True, exist_ok=True)
    shutil.copytree(_SHIPPED / "public", folder / "public", dirs_exist_ok=True)
    shutil.copyfile(_SHIPPED / "chainlit.md", folder / "chainlit.md")
    text = (_SHIPPED / "config.toml").read_text()
    text = text.replace("allow_origins = []", f"allow_origins = {json.dumps(sorted(origins))}")
    (settings / "config.toml").write_text(text)
    os.environ["CHAINLIT_APP_ROOT"] = str(folder)
