"""The look of the chat: the files in `interface/`, copied where the chat toolkit reads and writes them."""

from __future__ import annotations

import importlib.util
import json
import os
import re
import shutil
from collections.abc import Iterable
from pathlib import Path

from chat_app.page_script import write_scripts

_SHIPPED = Path(__file__).resolve().parent / "interface"
_FOREIGN_LINK = re.compile(r"<link\b[^>]*https://[^>]*>")
_WORDS = {
    ("chat", "input", "placeholder"): "Ask a question…",
    ("chat", "watermark"): "Every [n] opens the passage behind it.",
    ("chat", "messages", "status", "used"): "Found",
    ("chat", "messages", "status", "using"): "Now:",
    ("chat", "settings", "title"): "Websites",
    ("navigation", "header", "readme"): "Help",
    ("auth", "login", "title"): "Log in",
    ("auth", "login", "form", "actions", "signin"): "Log in",
    ("auth", "login", "form", "email", "label"): "Name",
    ("auth", "login", "form", "email", "placeholder"): "",
    ("auth", "login", "form", "email", "required"): "Say who you are",
    ("auth", "login", "errors", "default"): "That name and password do not go together, or too many logins failed: "
    "wait a moment and try again.",
    ("auth", "provider", "continue"): "Log in with {{provider}}",
}


def prepare_interface(folder: Path, *, origins: Iterable[str], secret: str) -> None:
    """Fill `folder` with the interface's files and make the toolkit use it.

    `secret` signs sessions. The toolkit writes translations and session files beside its configuration, so the
    shipped files are copied rather than used in place. Must run before `chainlit` is imported: it reads its root
    folder then.
    """
    settings = folder / ".chainlit"
    settings.mkdir(parents=True, exist_ok=True)
    shutil.copytree(_SHIPPED / "public", folder / "public", dirs_exist_ok=True)
    shutil.copyfile(_SHIPPED / "chainlit.md", folder / "chainlit.md")
    text = (_SHIPPED / "config.toml").read_text()
    text = text.replace("allow_origins = []", f"allow_origins = {json.dumps(sorted(origins))}")
    (settings / "config.toml").write_text(text)
    _write_words(settings / "translations")
    _write_page(folder / "page")
    os.environ["CHAINLIT_APP_ROOT"] = str(folder)
    os.environ["CHAINLIT_AUTH_SECRET"] = secret


def toolkit_page() -> str:
    """Return the HTML of the conversation's page, as the toolkit serves it."""
    from chainlit.server import get_html_template

    return str(get_html_template("/"))


def _write_words(folder: Path) -> None:
    """Write the toolkit's English texts with LoreChat's own words in them."""
    texts = json.loads((_toolkit() / "translations" / "en-US.json").read_text())
    for path, words in _WORDS.items():
        place = texts
        for name in path[:-1]:
            place = place.setdefault(name, {})
        place[path[-1]] = words
    folder.mkdir(exist_ok=True)
    (folder / "en-US.json").write_text(json.dumps(texts, indent=1))


def _write_page(folder: Path) -> None:
    """Write the toolkit's page without its links to fonts and styles on other machines: it works without a network."""
    built = _toolkit() / "frontend" / "dist"
    folder.mkdir(exist_ok=True)
    page = (built / "index.html").read_text()
    (folder / "index.html").write_text(_FOREIGN_LINK.sub("", page))
    write_scripts(built / "assets", folder / "assets")
    for path in built.iterdir():
        link = folder / path.name
        if path.name not in ("index.html", "assets"):
            link.unlink(missing_ok=True)
            link.symlink_to(path)


def _toolkit() -> Path:
    """The toolkit's folder, found without importing it."""
    found = importlib.util.find_spec("chainlit")
    if found is None or found.origin is None:
        raise ModuleNotFoundError("chainlit is not installed: pip install 'chainlit>=2.12,<3'")
    return Path(found.origin).parent
