"""An answer is markdown and nothing more: no HTML, and no link definitions that would turn its words into links.

Links, images and URLs are the business of `MarkerFilter`, which runs before and lets none through.
"""

from __future__ import annotations

import re

from chat_app.markdown_stream import MarkdownStream

_TAG = re.compile(r"<(?=[A-Za-z/!?])")
_DEFINITION = re.compile(r"^([ \t>*+-]*(?:\d{1,9}[.)][ \t]*)?\[(?:[^\[\]\\\n]|\\.){1,200}\]):", re.M)
_OPEN = re.compile(r"(?:<|^[ \t>*+-]*(?:\d{1,9}(?:[.)][ \t]*)?)?(?:\[(?:[^\[\]\\\n]|\\.){0,200}\]?)?)\Z", re.M)


class MarkupShield:
    """Shows HTML as the text that it is, and keeps `[word]: address` from becoming a link. Code stays as it is."""

    def __init__(self) -> None:
        self._markdown = MarkdownStream()
        self._held = ""
        self._line_start = True

    async def feed(self, piece: str) -> str:
        """Return the text that is safe by now."""
        return self._shown(piece, final=False)

    async def finish(self) -> str:
        """Return the rest."""
        return self._shown("", final=True) + self._released(final=True)

    def _shown(self, piece: str, *, final: bool) -> str:
        shown: list[str] = []
        for text, is_code in self._markdown.feed(piece, final=final):
            if is_code:
                shown += [self._released(final=True), text]
                self._line_start = text.endswith("\n")
            else:
                self._held += text
                shown.append(self._released(final=False))
        return "".join(shown)

    def _released(self, *, final: bool) -> str:
        """What of the held prose needs no more to be judged. A line's beginning is judged where it is one: elsewhere a
        character that begins no line stands before the text."""
        before = "" if self._line_start else "."
        prose = before + self._held
        waits = None if final else _OPEN.search(prose)
        cut = max(len(before), waits.start() if waits is not None else len(prose))
        ready, self._held = prose[:cut], prose[cut:]
        if len(ready) > len(before):
            self._line_start = ready.endswith("\n")
        return _TAG.sub("&lt;", _DEFINITION.sub(r"\1\\:", ready))[len(before) :]
