"""Verifies an answer while it streams: no citation without a passage, no link and no URL from whoever writes it.

Two steps. The first, `MarkdownStream`, reads markdown constructs whole, however they were split into deltas: code,
links and images (kept as their text), groups like [1, 2] (taken apart). The second works on the words that come out, so
that nothing forbidden can be put together from the pieces of something else.

In code, brackets are brackets (`values[3]`) and a URL stays if a passage contains it: code makes no links.
"""

from __future__ import annotations

import re

from chat_app.markdown_stream import GROUP, MarkdownStream

_STOPS = "、。，！？；：」』）》"
"""Where a word ends in writing without spaces, and a URL with it."""
_URL = re.compile(
    r"<[A-Za-z][\w+.-]*:[^>\s]*>"
    rf"|(?i:\bmailto:|(?<![A-Za-z0-9_+.-])[A-Za-z0-9_+.-]*+://|\bwww\.)[^\s{_STOPS}]*"
)
_MARKER = re.compile(r"\[(\d+)\]")
_LONE_MARKER = re.compile(r"\s?\[(\d+)\](?=(?:\[\d+\]|[.,;:!?)]){0,20}+(?:\s|$))")
_SPACE = re.compile(r"(\s+)")
_OPENING = str.maketrans("", "", "[<")
_ROUNDS = 8
"""What is taken away may put a marker or a URL together from what stood around it, so the words are looked at again;
nobody means markers that are nested deeper than this."""


class MarkerFilter:
    """Passes on what may be shown of an answer over `passages` passages; remembers which were cited, in order."""

    def __init__(self, passages: int, *, passage_text: str = "") -> None:
        self._numbers = frozenset(map(str, range(1, passages + 1)))
        self._passage_text = passage_text
        self._markdown = MarkdownStream(span=_code_span, link=_link_text, group=_numbers)
        self._held = ""
        self.cited: list[int] = []
        self.removed = 0

    def feed(self, delta: str) -> str:
        """Take a piece of the answer and return what of it can be shown by now."""
        return self._shown(delta, final=False)

    def finish(self) -> str:
        """Return the rest; nothing may be fed afterwards."""
        return self._shown("", final=True) + self._release(everything=True)

    def _shown(self, delta: str, *, final: bool) -> str:
        return "".join(self._verified(text, is_code) for text, is_code in self._markdown.feed(delta, final=final))

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
        cut = len(held) if everything else _last_end(held)
        self._held = held[cut:]
        return self._clean(held[:cut])

    def _clean(self, words: str) -> str:
        for _ in range(_ROUNDS):
            cleaned = self._cleaned_once(words)
            if cleaned == words:
                break
            words = cleaned
        else:
            words = "".join(map(self._flattened, _SPACE.split(words)))
        for marker in _MARKER.finditer(words):
            if (number := int(marker[1])) not in self.cited:
                self.cited.append(number)
        return words

    def _cleaned_once(self, words: str) -> str:
        cleaned = _MARKER.sub(self._marker, _LONE_MARKER.sub(self._lone_marker, words))
        return _URL.sub("", cleaned).replace("](", "] (")

    def _flattened(self, word: str) -> str:
        """Return a word that is not settled yet without the two characters that let something new come of it."""
        return word if self._cleaned_once(word) == word else _URL.sub("", word.translate(_OPENING))

    def _marker(self, match: re.Match[str]) -> str:
        if match[1] in self._numbers:
            return match[0]
        self.removed += 1
        return ""

    def _lone_marker(self, match: re.Match[str]) -> str:
        """A removed marker takes the space before it along."""
        return match[0] if match[1] in self._numbers else self._marker(match)


def _code_span(match: re.Match[str]) -> str:
    """A code span that holds nothing but a marker is a marker."""
    return match[2].strip() if GROUP.fullmatch(match[2].strip()) else match[0]


def _link_text(match: re.Match[str]) -> str:
    return f"[{match[1]}]" if re.fullmatch(r"\^?\d{1,4}", match[1]) else match[1]


def _numbers(match: re.Match[str]) -> str:
    numbers = re.findall(r"\d+", match[0] if match[0][0] == "[" else match[0].partition("†")[0])
    return "".join(f"[{number}]" for number in numbers)


def _last_end(text: str) -> int:
    """Return where the last complete word ends: before white space, or behind a stop of writing that has none."""
    words = text.rstrip()
    if words and len(words) == len(text):
        words = text[: -len(text.rsplit(maxsplit=1)[-1])].rstrip()
    word = text[len(words) :]
    stop = max(map(word.rfind, _STOPS)) + 1
    return len(words) + (0 if "<" in word[:stop] else stop)
