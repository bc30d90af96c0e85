"""Soft 404s: pages that say 200 and show what the site shows for pages that do not exist.

What a site shows for them is learned from the answer to an address that cannot exist. A page is a soft 404 when its
title and its words are those of that answer, apart from the address itself; a page of its own always differs in both.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from urllib.parse import unquote

from scrapers.face import Face

_WORD = re.compile(r"[^\W\d_]+")
_SLACK_WORDS = 3
_SLACK_SHARE = 0.01  # of the words; pages of a heavy frame may differ in a date or a name
_MOST_NOISE = 0.2  # two answers that differ in more than that are no pattern


@dataclass(frozen=True, slots=True)
class FalseFace:
    """What a site shows at `url`, which does not exist: the words of its title and of its text, and in how many of the
    text's words two such answers differ (`noise`)."""

    url: str
    title: Counter[str]
    words: Counter[str]
    noise: int

    @property
    def allowance(self) -> int:
        """In how many words a page may differ and still be the same."""
        return max(_SLACK_WORDS, int(_SLACK_SHARE * self.words.total())) + self.noise

    def likeness(self, face: Face, url: str) -> str | None:
        """Return why a page is what the site shows for pages that do not exist; None when it is not."""
        address = _address(url, self.url)
        words, shown = _words(face.text, address), _without(self.words, address)
        differing = _difference(words, shown)
        if differing > self.allowance or tuple(_words(face.title, address)) != tuple(_without(self.title, address)):
            return None
        same = 1 - differing / max(1, words.total() + shown.total())
        return f"{same:.0%} of its words and its title are those of {self.url}, which does not exist"


def false_face(faces: list[tuple[str, Face]]) -> FalseFace | None:
    """Learn from answers (URL, face) to addresses that do not exist; None when they have nothing in common."""
    (url, first), *others = faces
    address = _address(*(url for url, _ in faces))
    words, title = _words(first.text, address), tuple(_words(first.title, address))
    noise = max((_difference(words, _words(face.text, address)) for _, face in others), default=0)
    is_pattern = all(tuple(_words(face.title, address)) == title for _, face in others)
    if not is_pattern or noise > max(_SLACK_WORDS, _MOST_NOISE * words.total()):
        return None
    return FalseFace(url, _words(first.title), _words(first.text), noise)


def _address(*urls: str) -> frozenset[str]:
    """The words of addresses, which error pages like to repeat. Two answers are compared without those of both: the
    site may use such a word itself, on every page."""
    return frozenset(word.lower() for url in urls for word in _WORD.findall(unquote(url)))


def _words(text: str, without: frozenset[str] = frozenset()) -> Counter[str]:
    return Counter(word for word in map(str.lower, _WORD.findall(text)) if word not in without)


def _without(words: Counter[str], those: frozenset[str]) -> Counter[str]:
    return Counter({word: count for word, count in words.items() if word not in those})


def _difference(one: Counter[str], other: Counter[str]) -> int:
    return (one - other).total() + (other - one).total()
