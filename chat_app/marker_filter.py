"""Verifies an answer while it streams: no citation without a passage, no link and no URL from whoever writes it.

Two steps. The first reads markdown constructs whole, however they were split into deltas: code, links and images
(kept as their text), groups like [1, 2] (taken apart). The second works on the words that come out, so that nothing
forbidden can be put together from the pieces of something else.

In code, brackets are brackets (`values[3]`) and a URL stays if a passage contains it: code makes no links.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

_LONGEST_WAIT = 1_500
"""Characters to wait for the end of a construct before taking its beginning as plain text."""

_FENCE = re.compile(r"[ \t>*+-]*(`{3,}(?![^\n]*`)|~{3,})[^\n]*")
_SPAN = re.compile(r"(?<!`)(`+)(?!`)((?:(?!\n[ \t]*\n)[^`]|(?!(?<!`)\1(?!`))`)+)(?<!`)\1(?!`)", re.DOTALL)
_LINK = re.compile(r"!?\[((?:[^\[\]\\\n]|\\.)*)\]\((?:[^()\n]|\([^()\n]*\))*\)")
_OPEN_LINK = re.compile(r"(?:[^\[\]\\]|\\.?)*(?:\](?:\((?:[^()]|\([^()]*\)?)*)?)?")
_GROUP = re.compile(r"\[\^?\d{1,4}(?:\s?[,;]\s?\^?\d{1,4})*\]|【\d{1,4}[^】\n]{0,40}】")
_PLAIN = re.compile(r"[^\[\]!`【\n\\]+|\\.", re.DOTALL)
_URL = re.compile(r"<[A-Za-z][\w+.-]*:[^>\s]*>|(?i:\bmailto:|[\w+.-]*://|\bwww\.)\S*")
_MARKER = re.compile(r"\[(\d+)\]")
_LONE_MARKER = re.compile(r"\s?\[(\d+)\](?=(?:\[\d+\]|[.,;:!?)])*(?:\s|$))")


class MarkerFilter:
    """Passes on what may be shown of an answer over `passages` passages; remembers which were cited, in order."""

    def __init__(self, passages: int, *, passage_text: str = "") -> None:
        self._passages = passages
        self._passage_text = passage_text
        self._buffer = ""
        self._held = ""
        self._fence = ""
        self._line_start = True
        self.cited: list[int] = []
        self.removed = 0

    def feed(self, delta: str) -> str:
        """Take a piece of the answer and return what of it can be shown by now."""
        self._buffer += delta
        return self._advance(final=False)

    def finish(self) -> str:
        """Return the rest; nothing may be fed afterwards."""
        return self._advance(final=True)

    def _advance(self, *, final: bool) -> str:
        shown = "".join(self._verified(text, is_code) for text, is_code in self._pieces(final))
        return shown + (self._release(everything=True) if final else "")

    # -- constructs ------------------------------------------------------------------------------------------------

    def _pieces(self, final: bool) -> Iterator[tuple[str, bool]]:
        """Yield (text, whether it is code) for what the buffer holds whole, and keep the rest."""
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
        for pattern, read in ((_SPAN, _code_span), (_LINK, _link_text), (_GROUP, _numbers)):
            match = pattern.match(buffer)
            if (
                match
                and pattern is _GROUP
                and buffer.startswith("(", match.end())
                and not final
                and _may_continue(buffer)
            ):
                return None
            if match and (match.end() < len(buffer) or final):
                shown = read(match)
                return match[0], shown, pattern is _SPAN and shown == match[0]
            if match:
                return None
        plain = _PLAIN.match(buffer)
        if plain:
            return plain[0], plain[0], False
        if buffer[0] == "\n" or final or not _may_continue(buffer):
            run = buffer[: len(buffer) - len(buffer.lstrip("`"))] or buffer[0]  # a run of backticks is never split
            return run, run, False
        return None

    # -- words -----------------------------------------------------------------------------------------------------

    def _verified(self, text: str, is_code: bool) -> str:
        if not is_code:
            self._held += text
            return self._release(everything=False)
        return self._release(everything=True) + _URL.sub(self._known_url, text)

    def _known_url(self, match: re.Match[str]) -> str:
        """In code: keep a URL that a passage contains."""
        url = match[0].rstrip("`\"'.,;:)]}>")
        return match[0] if url and url in self._passage_text else match[0][len(url) :]

    def _release(self, *, everything: bool) -> str:
        """Return the held words that are complete, cleaned; white space waits with what follows it."""
        held = self._held
        cut = len(held) if everything else _last_space(held)
        self._held = held[cut:]
        return self._clean(held[:cut])

    def _clean(self, words: str) -> str:
        while True:
            cleaned = _LONE_MARKER.sub(self._lone_marker, words)
            cleaned = _MARKER.sub(self._marker, cleaned)
            cleaned = _URL.sub("", cleaned).replace("](", "] (")
            if cleaned == words:
                break
            words = cleaned
        for marker in _MARKER.finditer(words):
            if (number := int(marker[1])) not in self.cited:
                self.cited.append(number)
        return words

    def _is_passage(self, digits: str) -> bool:
        return digits == str(int(digits)) and 1 <= int(digits) <= self._passages

    def _marker(self, match: re.Match[str]) -> str:
        if self._is_passage(match[1]):
            return match[0]
        self.removed += 1
        return ""

    def _lone_marker(self, match: re.Match[str]) -> str:
        """A removed marker takes the space before it along."""
        return match[0] if self._is_passage(match[1]) else self._marker(match)


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


def _code_span(match: re.Match[str]) -> str:
    """A code span that holds nothing but a marker is a marker."""
    return match[2].strip() if _GROUP.fullmatch(match[2].strip()) else match[0]


def _link_text(match: re.Match[str]) -> str:
    return f"[{match[1]}]" if re.fullmatch(r"\^?\d{1,4}", match[1]) else match[1]


def _numbers(match: re.Match[str]) -> str:
    numbers = re.findall(r"\d+", match[0] if match[0][0] == "[" else match[0].partition("†")[0])
    return "".join(f"[{number}]" for number in numbers)


def _last_space(text: str) -> int:
    """Return where the last white space begins that a complete word stands before."""
    match = re.search(r"\s+\S*$", text)
    return match.start() if match else 0
