"""Whether a text speaks to a language model: "ignore previous instructions", a new role, a forged system prompt.

Text of websites is data, whatever it says. Such text is flagged where it arrives and named where a model is shown it.
Everything here takes time in proportion to the text: patterns look at a bounded number of words.
"""

from __future__ import annotations

import base64
import binascii
import re
import unicodedata
from collections.abc import Iterator

from retrieval.instruction_pattern import COMPACT, PATTERNS

_TAGS = {code: code - 0xE0000 for code in range(0xE0020, 0xE007F)}  # invisible copies of ASCII
_FORMAT = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff]"
)
_MARKS = re.compile("[\u0300-\u036f]")
_LOOKALIKE = str.maketrans("аеорсухіјѕԁһӏɡԛԝвкмнтгпαεορυικνχτβηօս013$4@", "aeopcyxijsdhlgqwbkmhtrnaeopuikvxtbnouoiesaa")
"""Letters of other alphabets, and figures, that pass for Latin ones (Unicode UTS 39 lists them all)."""
_FIGURED = (
    *("1gn", "gn0", "1nstr", "ruct1", "ct10n", "10ns", "nstruct1", "prev10", "pr3v", "v1ous", "d1sr", "disr3", "f0rg"),
    *("pr0mpt", "5ystem", "$ystem", "syst3m"),
)
"""Parts of such words as they look with figures for letters."""
_TAGGED = re.compile("[\U000e0020-\U000e007e]+")
_OTHER_LETTERS = re.compile("[\u00c0-\u024f\u0250-\u058f]")  # accented Latin, IPA, Greek, Cyrillic, Armenian
_BY_NEEDLE = {
    needle: tuple(pattern for others, pattern in PATTERNS if needle in others)
    for needle in dict.fromkeys(needle for needles, _ in PATTERNS for needle in needles)
}
_BEFORE, _STEP, _AFTER = 250, 150, 350  # characters around a needle; the places within a step share one look
_SPELLED = re.compile(r"(?<!\S)(?:\S ){7,200}\S(?!\S)|(?<!\w)\w(?:[-._*~|·]\w){3,200}(?!\w)")
_SHORTEST_CODE = 24
_ENCODED = re.compile(r"[A-Za-z0-9+/_-]{24,}={0,2}")
_PRINTABLE = 0.9


def is_instruction_like(text: str) -> bool:
    """Return whether a text, or one that it hides by odd characters, spacing or base64, gives a model orders."""
    return any(_matches(view) for view in _views(text))


def readable(text: str) -> str:
    """Return a text as it is meant to be read: compatible forms, no invisible characters, lower case."""
    if not text.isascii():
        text = _TAGGED.sub(lambda found: f" {found[0].translate(_TAGS)} ", text)
        text = unicodedata.normalize("NFKC", _FORMAT.sub("", text))
    return f" {' '.join(text.replace(chr(92), '').replace('’', chr(39)).lower().split())} "


def _views(text: str) -> Iterator[str]:
    plain = readable(text)
    yield plain
    if not plain.isascii() and _OTHER_LETTERS.search(plain):
        bare = _MARKS.sub("", unicodedata.normalize("NFKD", plain))
        yield bare
        yield bare.translate(_LOOKALIKE)
    elif any(part in plain for part in _FIGURED):
        yield plain.translate(_LOOKALIKE)
    yield from _decoded(text)


def _matches(view: str) -> bool:
    if any(
        _stands_near(needle, pattern, view) for needles, pattern in PATTERNS for needle in needles if needle in view
    ):
        return True
    compact = _spelled_out(view)
    return any(needle in compact for needle in COMPACT)


def _stands_near(needle: str, pattern: re.Pattern[str], view: str) -> bool:
    """Whether a pattern is found around one of a needle's places: much faster than to look everywhere."""
    at = view.find(needle)
    while at >= 0:
        if pattern.search(view, max(0, at - _BEFORE), at + _STEP + _AFTER):
            return True
        at = view.find(needle, at + _STEP)
    return False


def _spelled_out(view: str) -> str:
    """Words that are written letter by letter, put together: `i g n o r e`, `i-g-n-o-r-e`."""
    return "".join(re.sub(r"\W|_", "", found[0]) for found in _SPELLED.finditer(view))


def _decoded(text: str) -> Iterator[str]:
    for found in (one for word in text.split() if len(word) >= _SHORTEST_CODE for one in _ENCODED.finditer(word)):
        word = found[0].rstrip("=").replace("-", "+").replace("_", "/")
        try:
            data = base64.b64decode(word[: len(word) // 4 * 4] if len(word) % 4 == 1 else word + "=" * (-len(word) % 4))
            said = data.decode()
        except (binascii.Error, UnicodeDecodeError):
            continue
        if sum(map(str.isprintable, said)) >= _PRINTABLE * len(said):
            yield readable(said)
