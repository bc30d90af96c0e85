"""Whether a passage holds a quote, however either of them is laid out."""

from __future__ import annotations

import re
import unicodedata

_IMAGE = re.compile(r"!\[[^\]]*\]\([^)\s]*(?:\s+\"[^\"]*\")?\)")
_LINK_TARGET = re.compile(r"\]\([^)\s]*(?:\s+\"[^\"]*\")?\)")
_WORD = re.compile(r"\w+")
_FEWEST_AT_AN_EDGE = 3


def plain_words(text: str) -> list[str]:
    """Return a markdown text's words: no link targets, markup, punctuation, case or line breaks."""
    shown = _LINK_TARGET.sub("]", _IMAGE.sub(" ", text.replace("\\", "")))
    return [
        bare for word in _WORD.findall(unicodedata.normalize("NFKC", shown).casefold()) if (bare := word.strip("_"))
    ]


def holds(passage: str, quote: str) -> bool:
    """Return whether the passage says the quote, word by word.

    Where a passage was cut off in the middle of the quote, the larger half at its edge counts: the place is right, and
    where a page is cut is not what a question asks about.
    """
    words, wanted = plain_words(passage), plain_words(quote)
    if not wanted:
        return False
    if _within(words, wanted):
        return True
    least = max(_FEWEST_AT_AN_EDGE, (len(wanted) + 1) // 2)
    return any(words[-size:] == wanted[:size] or words[:size] == wanted[-size:] for size in range(least, len(wanted)))


def _within(words: list[str], wanted: list[str]) -> bool:
    """Whether the words occur in a row; written languages without spaces may begin and end within a word."""
    return " ".join(wanted) in " ".join(words)
