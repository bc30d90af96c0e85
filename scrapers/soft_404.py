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
    """What a site shows at `url`, which does not exist: its title, its words, and in how many of them two such answers
    differ (`noise`)."""

    url: str
    title: tuple[str, ...]
    words: Counter[str]
    noise: int

    @property
    def allowance(self) -> int:
        """In how many words a page may differ and still be the same."""
        return max(_SLACK_WORDS, int(_SLACK_SHARE * self.words.total())) + self.noise

    def likeness(self, face: Face, url: str) -> str | None:
        """Return why a page is what the site shows for pages that do not exist; None when it is not."""
        words = _words(face.text, url)
        differing = _difference(words, self.words)
        if differing > self.allowance or tuple(_words(face.title, url)) != self.title:
            return None
        same = 1 - differing / max(1, words.total() + self.words.total())
        return f"{same:.0%} of its words and its title are those of {self.url}, which does not exist"


def false_face(faces: list[tuple[str, Face]]) -> FalseFace | None:
    """Learn from answers (URL, face) to addresses that do not exist; None when they have nothing in common."""
    (url, first), *others = faces
    words = _words(first.text, url)
    noise = max((_difference(words, _words(face.text, other)) for other, face in others), default=0)
    title = tuple(_words(first.title, url))
    is_pattern = all(tuple(_words(face.title, other)) == title for other, face in others)
    if not is_pattern or noise > max(_SLACK_WORDS, _MOST_NOISE * words.total()):
        return None
    return FalseFace(url, title, words, noise)


def _words(text: str, url: str) -> Counter[str]:
    """The words of a text without those of its own address, which error pages like to repeat."""
    address = {word.lower() for word in _WORD.findall(unquote(url))}
    return Counter(word for word in map(str.lower, _WORD.findall(text)) if word not in address)


def _difference(one: Counter[str], other: Counter[str]) -> int:
    return (one - other).total() + (other - one).total()
