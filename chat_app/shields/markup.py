"""An answer is markdown and nothing more: no HTML, and no link definitions that would turn its words into links.

Links, images and URLs are the business of `MarkerFilter`, which runs before and lets none through.
"""

from __future__ import annotations

import re

from chat_app.markdown_stream import MarkdownStream

_TAG = re.compile(r"<(?=[A-Za-z/!?])")
_BEFORE = r"[ \t>*+\-0-9.)]*"
"""What may stand before a definition in its line: marks of quotations and lists."""
_LABEL = r"\[(?:[^\[\]\\\n]|\\.){%s,200}"
_DEFINITION = re.compile(rf"^({_BEFORE}{_LABEL % 1}\]):", re.M)
_OPEN = re.compile(rf"(?:(?P<tag><)|^{_BEFORE}(?P<label>{_LABEL % 0}\]?\\?))\Z", re.M)
_ONLY_BEFORE = re.compile(_BEFORE)


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
        letter, which begins no definition, stands before the text."""
        before = "" if self._line_start else "x"
        prose = before + self._held
        waits = None if final else _OPEN.search(prose)
        cut = len(prose) if waits is None else max(waits.start("tag"), waits.start("label"))
        ready, self._held = prose[:cut], prose[cut:]
        self._line_start = _ONLY_BEFORE.fullmatch(ready.rpartition("\n")[2]) is not None
        return _TAG.sub("&lt;", _DEFINITION.sub(r"\1\\:", ready))[len(before) :]
