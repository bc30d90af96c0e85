"""Reads markdown that comes in pieces: tells code from prose, and hands over links and groups of markers whole."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

_LONGEST_WAIT = 1_500
"""Characters to wait for the end of a construct before taking its beginning as plain text."""

_FENCE = re.compile(r"[ \t>*+-]*(`{3,}(?![^\n]*`)|~{3,})[^\n]*")
_SPAN = re.compile(r"(?<!`)(`+)(?!`)((?:(?!\n[ \t]*\n)[^`]|(?!(?<!`)\1(?!`))`)+)(?<!`)\1(?!`)", re.DOTALL)
_LINK = re.compile(r"!?\[((?:[^\[\]\\\n]|\\.)*)\]\((?:[^()\n]|\([^()\n]*\))*\)")
GROUP = re.compile(r"\[\^?\d{1,4}(?:\s?[,;]\s?\^?\d{1,4})*\]|【\d{1,4}[^】\n]{0,40}】")
"""Citations as models write them: [1], [1, 2], [^1], 【1†a】."""
_PLAIN = re.compile(r"[^\[\]!`【\n\\]+|\\.", re.DOTALL)
_PLAIN_BUT_CODE = re.compile(r"[^`\n\\]+|\\.", re.DOTALL)

Read = Callable[[re.Match[str]], str]
"""What a construct becomes."""


def _as_it_is(match: re.Match[str]) -> str:
    return match[0]


class MarkdownStream:
    """Cuts pieces of markdown into (text, whether it is code), holding back only what may still become a construct.

    `span` reads code spans (what it changes counts as prose), `link` links and images with their text as group 1, and
    `group` the matches of `GROUP`. Without the last two, brackets are plain text.
    """

    def __init__(self, *, span: Read = _as_it_is, link: Read | None = None, group: Read | None = None) -> None:
        readers = ((_SPAN, span), (_LINK, link), (GROUP, group))
        self._constructs = [(pattern, read) for pattern, read in readers if read is not None]
        self._plain = _PLAIN if link else _PLAIN_BUT_CODE
        self._openers = "[!【`\\" if link else "`\\"
        self._buffer = ""
        self._fence = ""
        self._line_start = True

    def feed(self, piece: str, *, final: bool = False) -> Iterator[tuple[str, bool]]:
        """Yield (text, whether it is code) for what is whole by now, and keep the rest; all of it at the end."""
        self._buffer += piece
        while self._buffer:
            taken = self._take(final or len(self._buffer) > _LONGEST_WAIT)
            if taken is None:
                return
            text, shown, is_code = taken
            self._buffer = self._buffer[len(text) :]
            self._line_start = text.endswith("\n")
            yield shown, is_code

    def _take(self, final: bool) -> tuple[str, str, bool] | None:
        """Return (what is read, what is shown of it, whether it is code); None when more is needed to tell."""
        if self._line_start or self._fence:
            line, newline, _ = self._buffer.partition("\n")
            if not newline and not final and (self._fence or _may_be_fence(line)):
                return None
            if self._fence or _FENCE.match(line):
                return self._fence_line(line + newline)
        return self._inline(final)

    def _fence_line(self, line: str) -> tuple[str, str, bool]:
        fence = _FENCE.match(line)
        if not self._fence and fence:
            self._fence = fence[1]
        elif fence and fence[1].startswith(self._fence) and line.strip(" \t>\n") == fence[1]:
            self._fence = ""
        return line, line, True

    def _inline(self, final: bool) -> tuple[str, str, bool] | None:
        buffer = self._buffer
        for pattern, read in self._constructs:
            match = pattern.match(buffer)
            if match is None:
                continue
            may_be_link = pattern is GROUP and buffer.startswith("(", match.end())
            if may_be_link and not final and _may_continue(buffer):
                return None
            if match.end() == len(buffer) and not final:
                return None
            shown = read(match)
            return match[0], shown, pattern is _SPAN and shown == match[0]
        plain = self._plain.match(buffer)
        if plain:
            return plain[0], plain[0], False
        if buffer[0] not in self._openers or final or not _may_continue(buffer):
            run = buffer[: len(buffer) - len(buffer.lstrip("`"))] or buffer[0]  # a run of backticks is never split
            return run, run, False
        return None


def _may_be_fence(line: str) -> bool:
    return len(line) < 200 and re.fullmatch(r"[ \t>*+-]*(`*|~*)|[ \t>*+-]*(`{3,}|~{3,}).*", line) is not None


def _may_continue(buffer: str) -> bool:
    """Whether the construct that begins the buffer may still be completed by what follows."""
    if buffer == "!":
        return True
    if buffer[0] in "[!" and (buffer[0] == "[" or buffer[1] == "["):
        line = buffer.partition("\n")
        inside = line[0][1:] if buffer[0] == "[" else line[0][2:]
        return (
            not line[1] and re.fullmatch(r"(?:[^\[\]\\]|\\.?)*(?:\](?:\((?:[^()]|\([^()]*\)?)*)?)?", inside) is not None
        )
    if buffer[0] == "`":
        return re.search(r"\n[ \t]*\n", buffer) is None
    if buffer[0] == "【":
        return "\n" not in buffer and "】" not in buffer and len(buffer) < 50
    return buffer == "\\"
