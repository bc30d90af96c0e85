"""A question without the words around it: greetings, politeness, thanks.

What is left is what the question is about. Words are taken from the beginning and the end alone, by English phrases
that mean nothing else, so a question in another language comes back as it was, and so do quoted and backticked texts
and identifiers, whose characters no phrase holds. Where too little would be left, nothing is taken. "How do I" stays:
an embedding tells a way to do something from what it is, and taking it away made the right page come first less often.
"""

from __future__ import annotations

import re
import unicodedata

_PLAIN = str.maketrans({"‘": "'", "’": "'", "‚": "'", "“": '"', "”": '"', "„": '"', "′": "'", "″": '"'})
_UNSEEN = re.compile("[\u00ad\u200b\u2060\ufeff]")
"""Soft hyphen, zero-width space, word joiner, byte order mark. Zero-width joiners stay: some scripts need them."""

_GREETING = r"(?:hi|hello|hey|good (?:morning|evening|afternoon))(?: (?:there|all|everyone|everybody))?\s*[,!.:;-]+"
_POLITE = (
    r"(?:please|(?:could|can|would|will) (?:you|anyone|someone|somebody) (?:please |kindly )?"
    r"(?:tell me|explain(?: to me)?|show me|help me understand|let me know)|"
    r"i (?:(?:would|'d) like|want|need) to (?:know|understand|learn)|i'd like to (?:know|understand)|"
    r"i (?:was|am|'m) wondering|i'm wondering|do you know|does anyone know|any idea|"
    r"(?:quick|short|simple|dumb|stupid) question\s*[:,.-]|tell me|sorry(?: to bother you)?\s*,|thanks?\s*,)"
)
_BEFORE = tuple(re.compile(rf"\s*{pattern}(?!\w)[\s,:]*", re.IGNORECASE) for pattern in (_GREETING, _POLITE))
_THANKS = r"(?:thanks|thank you|thx|cheers)(?: a lot| in advance| so much| very much)*"
# Each run of marks is looked at once, from its beginning: a question may be thousands of them.
_AFTER = re.compile(
    rf"(?:(?<![ ,])[ ,]++(?:please|pls)| ?(?<![,.;!?-])[,.;!?-]++ ?(?:please|pls|{_THANKS}))[ ,.!?-]*$", re.IGNORECASE
)
_END = re.compile(r"(?<=[\w)\]`\"'])[\s.!？！。…?]+$")
_LETTERS = re.compile(r"[^\W\d_]{2,}|\d[\w.-]*+")
_FEWEST_WORDS = 2


def cleaned(question: str) -> str:
    """Return what a question asks about, for searching; the question, normalised, where that is not clear."""
    whole = normalised(question)
    rest = whole
    for _ in range(3):  # "hello, could you please tell me" is three of them
        before = rest
        for pattern in _BEFORE:
            rest = _without(rest, pattern)
        if rest == before:
            break
    rest = _END.sub(_one_mark, _AFTER.sub(_asked, _AFTER.sub(_asked, rest)))
    return rest if _says_something(rest) else whole


def normalised(question: str) -> str:
    """Return a question in one spelling: composed characters, plain quotes, single spaces, nothing unseen."""
    text = unicodedata.normalize("NFC", _UNSEEN.sub("", question)).translate(_PLAIN)
    return " ".join(text.split())


def _asked(thanks: re.Match[str]) -> str:
    """The question mark in front of thanks belongs to the question."""
    return "?" if "?" in thanks.group() else ""


def _one_mark(end: re.Match[str]) -> str:
    """Of what ends a question at most one question mark stays: a model reads a question by it."""
    return "?" if "?" in end.group() or "？" in end.group() else ""


def _without(text: str, beginning: re.Pattern[str]) -> str:
    found = beginning.match(text)
    return text[found.end() :] if found else text


def _says_something(text: str) -> bool:
    return len(_LETTERS.findall(text)) >= _FEWEST_WORDS
