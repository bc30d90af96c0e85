"""How a text gives an erased page away: by naming its address, or by saying what only that page said."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator
from html import unescape
from urllib.parse import urlsplit

_URL = re.compile(r"https?://[^\s\"'<>`|{}^]+", re.IGNORECASE)
_END = re.compile(r"[.,;:!?)\]*_…]$")
_CUT = "…"
_LOG_KEEPS = 63
"""Delta cuts the bounds of a column after so many characters or bytes, and may raise the last one."""

_SURELY_CUT = 40


class Wording:
    """The addresses and the sentences of what is erased.

    An address counts when it stands there whole: as itself, with a fragment, or at the end of a sentence; not when it
    is only the beginning of another page's.
    """

    def __init__(self, urls: Collection[str], sentences: Collection[str] = ()) -> None:
        self.urls = frozenset(urls)
        self.sentences = tuple(dict.fromkeys(sentences))
        self._hosts = frozenset(urlsplit(url).netloc.encode() for url in self.urls)
        self._written = {form.encode() for one in self.sentences for form in (one, json.dumps(one)[1:-1])}

    def names(self, text: str) -> bool:
        """Whether a text names an address."""
        return any(self._is_ours(found) for found in _addresses(text))

    def says(self, text: str) -> bool:
        """Whether a text holds a sentence, on however many lines."""
        if any(sentence in text for sentence in self.sentences):
            return True
        flat = " ".join(text.replace("\\|", "|").replace("&lt;", "<").split())
        return any(sentence in flat for sentence in self.sentences)

    def tells(self, text: str) -> bool:
        """Whether a text names an address or holds a sentence."""
        return self.names(text) or self.says(text)

    def hits(self, data: bytes) -> int:
        """Count addresses and sentences in bytes of any kind, plain or as JSON."""
        said = sum(data.count(form) for form in self._written)
        if not any(host in data for host in self._hosts):
            return said
        return said + sum(self._is_ours(found) for found in _addresses(data.decode("utf-8", "ignore")))

    def begins(self, bound: str) -> bool:
        """Whether a column's bound in a log, which may be cut off, is one of an address or of a sentence."""
        if len(bound.encode()) < _LOG_KEEPS:
            return bound in self.urls
        return any(text.startswith(bound[:-1]) for text in (*self.urls, *self.sentences))

    def _is_ours(self, found: str) -> bool:
        if found in self.urls:
            return True
        if found.endswith(_CUT) and len(found) > _SURELY_CUT:
            return any(url.startswith(found[:-1]) for url in self.urls)
        return any(form in self.urls for form in _forms(found))


def _addresses(text: str) -> Iterator[str]:
    for found in _URL.finditer(text.replace("\\/", "/")):
        yield unescape(found[0]) if "&" in found[0] else found[0]


def _forms(found: str) -> Iterator[str]:
    """What an address in a text may mean: without its fragment, without what ends the sentence or the bracket."""
    found = found.split("#", 1)[0].split("\\", 1)[0]
    yield found
    while _END.search(found):
        found = found[:-1]
        yield found
    if ")" in found:
        yield found.split(")", 1)[0]
