"""HTML pages of the chat's own: filled in by templates that escape all that they are given.

A page needs nothing but itself, and may do nothing but show itself: no scripts, no pictures, no other machine.
"""

from __future__ import annotations

from base64 import b64encode
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import Any

from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined

_FOLDER = Path(__file__).with_name("pages")


class PageTemplates:
    """The templates in `pages/`, read when they are first needed."""

    @cached_property
    def _style(self) -> str:
        return (_FOLDER / "page.css").read_text(encoding="utf-8")

    @cached_property
    def _templates(self) -> Environment:
        return Environment(loader=FileSystemLoader(_FOLDER), autoescape=True, undefined=StrictUndefined)

    @cached_property
    def policy(self) -> str:
        """The pages' content policy: their one style sheet by its hash, forms to the chat itself, and nothing else."""
        style = b64encode(sha256(self._style.encode()).digest()).decode()
        return (
            f"default-src 'none'; style-src 'sha256-{style}'; form-action 'self'; base-uri 'none'; "
            "frame-ancestors 'self'"
        )

    def page(self, name: str, *, status: int = 200, reload_seconds: int = 0, **values: Any) -> HTMLResponse:
        """Return a page; with `reload_seconds` a browser asks for it again by itself."""
        template = self._templates.get_template(f"{name}.html")
        html = template.render(style=self._style, reload_seconds=reload_seconds, **values)
        headers = {"content-security-policy": self.policy, "cache-control": "no-store"}
        return HTMLResponse(html, status_code=status, headers=headers)

    def note(self, title: str, text: str, *, status: int, reload_seconds: int = 0) -> HTMLResponse:
        """Return a page that says one thing."""
        return self.page("note", status=status, reload_seconds=reload_seconds, title=title, text=text)
