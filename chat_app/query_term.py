"""The words of a question that say what it is about, and how much of them a text covers."""

from __future__ import annotations

import re
from collections.abc import Iterable

_WORD = re.compile(r"\w+(?:[-_.]\w+)*")
_COMMON = frozenset(
    _WORD.findall(
        """a about an and any are as at be been but by can could did do does for from get give had has have how i if in
        into is it its me more my no not of on or our please shall should so some tell than that the their them then
        there these they this those to us use used using was we were what when where which who whom whose why will with
        work works would you your explain show describe mean means happen happens"""
    )
)
_SUFFIXES = ("ingly", "edly", "ation", "ing", "ies", "ied", "ed", "es", "ly", "s", "e")


def terms(text: str) -> frozenset[str]:
    """Return the stems of a text's words, without the words that every question has; identifiers count whole too."""
    words = [word.lower() for word in _WORD.findall(text)]
    parts = [part for word in words for part in (word, *re.split(r"[-_.]", word))]
    return frozenset(stem(part) for part in parts if part and part not in _COMMON)


def stem(word: str) -> str:
    """Return a rough stem: enough to match `crawls` with `crawling`, no more."""
    for suffix in _SUFFIXES:
        if word.endswith(suffix) and len(word) - len(suffix) >= 3:
            return word[: -len(suffix)]
    return word


def coverage(wanted: Iterable[str], there: frozenset[str]) -> float:
    """Return the share of the wanted stems that are there; 0 when none is wanted."""
    asked = frozenset(wanted)
    return len(asked & there) / len(asked) if asked else 0.0
