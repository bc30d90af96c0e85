"""Where sentences end, without a language model: good enough to cut at, never inside a word or a number."""

from __future__ import annotations

import re
from collections.abc import Iterator

_END = re.compile(
    r"""(?P<stop>[.!?…])["'”’»)\]*_`]*\s+(?=\S)"""  # Western: a stop, closers, white space
    r"""|[。！？｡．；]["'”’」』）》】]*(?=[^\s"'”’」』）》】])"""  # Chinese and Japanese: no white space follows
    r"""|(?:[ ]{2,}|\\)\r?\n"""  # a hard line break
)
_WHOLE_WORD = 4  # letters; shorter ones before a full stop are mostly abbreviations
_OPENERS = "\"'“‘«([*_`"
_ABBREVIATION = re.compile(
    r"e\.g|i\.e|cf|vs|al|approx|resp|dr|mrs?|ms|prof|nr|fig|eq|sec|ch|vol|pp|inc|ltd|jr|sr|dept|est|ca",
    re.IGNORECASE,
)


def _is_inside(text: str, match: re.Match[str]) -> bool:
    """Whether the stop belongs to an abbreviation, an initial or a list number, or the sentence goes on after it.

    A small letter goes on, except after a full stop behind a whole word: some texts know no capitals.
    """
    goes_on = text[match.end() : match.end() + 4].lstrip(_OPENERS)[:1].islower()
    if match["stop"] != ".":
        return goes_on
    stop = match.start()
    word = (text[max(0, stop - 12) : stop].rsplit(None, 1)[-1:] or [""])[0].lstrip(_OPENERS)
    if _ABBREVIATION.fullmatch(word) or (goes_on and (len(word) < _WHOLE_WORD or word.endswith("."))):
        return True
    if len(word) == 1 and word.isupper():
        return True
    before = text[max(0, stop - len(word) - 8) : stop - len(word)]
    return word.isdigit() and not before.rsplit("\n", 1)[-1].strip(" \t>")


def sentence_starts(text: str, start: int, end: int) -> Iterator[int]:
    """Yield where each sentence of text[start:end] begins, except the first."""
    for match in _END.finditer(text, start, end):
        if match["stop"] is not None and _is_inside(text, match):
            continue
        yield match.end()
