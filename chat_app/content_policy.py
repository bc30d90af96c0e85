"""What the chat's pages may load and run: their own files, and their own inline scripts by hash; nothing else.

Styles may stand inline: the toolkit's components place and size themselves with style attributes.
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Callable, Iterable
from functools import cached_property
from hashlib import sha256
from pathlib import Path

_INLINE = re.compile(r"<script(?![^>]*\ssrc=)[^>]*>(.*?)</script>", re.DOTALL | re.IGNORECASE)
_HOST = re.compile(r"[A-Za-z0-9.-]+(?::\d+)?|\[[0-9A-Fa-f:]+\](?::\d+)?")
_HANDBOOK = "/handbook"


class ContentPolicy:
    """`page` returns the HTML of the conversation's page, `handbook` is the folder of the built handbook; both are read
    when their policy is first needed, for their inline scripts."""

    def __init__(self, page: Callable[[], str] | None = None, handbook: Path | None = None) -> None:
        self._page = page
        self._handbook = handbook

    def header(self, path: str, host: str) -> str:
        """Return the Content-Security-Policy of what is at a path; `host` is the request's, for websockets."""
        scripts = self._handbook_scripts if path.startswith(_HANDBOOK) else self._page_scripts
        sockets = f" ws://{host} wss://{host}" if _HOST.fullmatch(host) else ""
        return (
            f"default-src 'self'; script-src 'self'{scripts}; style-src 'self' 'unsafe-inline'; "
            f"img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self'{sockets}; frame-src 'none'; "
            "object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'self'"
        )

    @cached_property
    def _page_scripts(self) -> str:
        return _hashes([self._page()] if self._page else [])

    @cached_property
    def _handbook_scripts(self) -> str:
        pages = self._handbook.rglob("*.html") if self._handbook else ()
        return _hashes(page.read_text(encoding="utf-8", errors="replace") for page in pages)


def _hashes(pages: Iterable[str]) -> str:
    """The hashes of all inline scripts, as `script-src` takes them, each behind a space."""
    found = {script for page in pages for script in _INLINE.findall(page) if script}
    digests = sorted(b64encode(sha256(script.encode()).digest()).decode() for script in found)
    return "".join(f" 'sha256-{digest}'" for digest in digests)
