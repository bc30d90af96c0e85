"""What of a text's wording must be right: its numbers, names, negations and how generally it speaks."""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import pairwise

from chat_app.query_term import stem, terms

_WORDS = {
    "two": "2",
    "three": "3",
    "four": "4",
    "five": "5",
    "six": "6",
    "seven": "7",
    "eight": "8",
    "nine": "9",
    "ten": "10",
    "eleven": "11",
    "twelve": "12",
    "twenty": "20",
    "thirty": "30",
    "forty": "40",
    "fifty": "50",
    "sixty": "60",
    "ninety": "90",
    "hundred": "100",
    "thousand": "1000",
    "twice": "2",
    "half": "1/2",
    "quarter": "1/4",
}
_NUMBER = re.compile(
    r"(?<![\w.,-])[$€£]?(\d+(?:[.,:]\d+)*)(?:st|nd|rd|th)?(?![\w-])|(?<![\w-])(\d+)(?=-[a-z]|[a-z]{1,2}\b)"
)
_THOUSANDS = re.compile(r"\d{1,3}(?:,\d{3})+")
_CODE = re.compile(r"`+([^`]+)`+")
_IDENTIFIER = re.compile(
    r"--?[A-Za-z][\w-]*|\b\w+(?:_\w+)+\b|\b\w+(?:\.\w+)+\b|\b(?=\w*\d)(?=\w*[A-Z])\w+(?:-\w+)*\b"
    r"|\b[A-Z]{2,}-\d+\b|\b[a-z]+[A-Z]\w*|\b[A-Z]+[a-z]+[A-Z]\w*|\b[A-Z]{2,}\b"
)
_MODEL = re.compile(r"(?<=\w )[A-Z]\w+ \d+(?:\.\d+)*\b")  # Brevo 200, Python 3.11
_CAPITAL = re.compile(r"\b[A-ZÀ-ÞА-Я][\w'’-]*")
_NEGATION = re.compile(
    r"\b(?:not|no|never|none|neither|nor|cannot|nothing|nobody|nowhere|nicht|kein\w*|nie|niemals|ne|pas|jamais|nunca|"
    r"não|niet|geen|нет|не|никогда)\b|n['’]t\b",
    re.IGNORECASE,
)
_UNIVERSAL = re.compile(
    r"\b(?:all|every|each|any|always|everywhere|everyone|everything|entirely|completely|in full|guaranteed)\b", re.I
)
_TIME_AFTER = re.compile(
    r"\b(?:every|each|all)\s+(?:\w+\s+)?(?:second|minute|hour|day|night|week|month|year|time|\w+day)s?\b", re.I
)
_OPPOSITES = [
    (one, other)
    for one, other in map(
        str.split,
        re.split(
            r",\s*",
            """on off, before after, older newer, old new, largest smallest, more less, most least, more fewer,
            minimum maximum, at-least at-most, enabled disabled, enable disable, allow forbid, allowed forbidden,
            allow deny, increase decrease, increases decreases, rise fall, rises falls, above below, over under,
            first last, open closed, open close, start stop, starts stops, begin end, hot cold, warm cold,
            higher lower, high low, early late, earliest latest, faster slower, fast slow, safe dangerous,
            synchronous asynchronous, public private, local remote, required optional, mandatory optional,
            supported unsupported, possible impossible, always never, inside outside, internal external, with without,
            loosely tightly, free paid, larger smaller, longer shorter, strong weak, summer winter, daily weekly,
            weekly monthly, daily monthly, once twice, ascending descending, even odd, add remove, adds removes,
            upper lower, left right, north south, true false, buy sell, exactly at-least, same different, plain full,
            red green, green orange, red blue, green blue, black white""",
        ),
    )
]
_LONGEST_SUBJECT = 7
_AUXILIARIES = frozenset(
    re.findall(
        r"\w+",
        """is are was were be may might can could must should shall will would has have had do does did cannot needs
        costs""",
    )
)


def numbers(text: str) -> frozenset[str]:
    """Return a text's numbers in figures, those in words among them; not the parts of identifiers, and not `one`."""
    found = {_figure(match[1] or match[2]) for match in _NUMBER.finditer(text)}
    found |= {value for word, value in _WORDS.items() if re.search(rf"\b{word}\b", text, re.IGNORECASE)}
    if re.search(r"\b(?:an? |one[ -]|two[ -])third", text, re.IGNORECASE):
        found.add("1/3")
    return frozenset(found)


def _figure(text: str) -> str:
    plain = text.replace(",", "") if _THOUSANDS.fullmatch(text) else text
    return plain.rstrip("0").rstrip(".") if re.fullmatch(r"\d+\.\d+", plain) else plain


def code_spans(text: str) -> frozenset[str]:
    """Return what stands between backticks, in lower case."""
    return frozenset(" ".join(found.split()).lower() for found in _CODE.findall(text))


def names(text: str, context: str) -> frozenset[str]:
    """Return a text's names and identifiers in lower case.

    A capital makes a name inside a sentence; at its beginning only when `context` writes the word with a capital
    wherever it stands.
    """
    bare = _CODE.sub(" ", text)
    found = {match.lower() for match in [*_IDENTIFIER.findall(bare), *_MODEL.findall(bare)]}
    for match in _CAPITAL.finditer(bare):
        word = re.sub(r"['’]s$", "", match[0])
        is_first = not re.search(r"[\w,;)]\s*[\"'“‘(]*$", bare[: match.start()])
        if word != "I" and (not is_first or _is_always_capital(word, context)):
            found.add(word.lower())
    return frozenset(found)


def _is_always_capital(word: str, context: str) -> bool:
    return (
        re.search(rf"\b{re.escape(word)}\b", context) is not None
        and re.search(rf"\b{re.escape(word[0].lower() + word[1:])}", context) is None
    )


def is_negated(text: str) -> bool:
    """Whether a text denies: an odd number of negations."""
    return len(_NEGATION.findall(text)) % 2 == 1


def is_universal(text: str) -> bool:
    """Whether a text speaks of all cases; `every day` is no such word."""
    return _UNIVERSAL.search(_TIME_AFTER.sub(" ", text)) is not None


def contradiction(claim: str, evidence: str) -> str | None:
    """Return a word of the claim of which the evidence has only the opposite."""
    said, there = _bag(claim), _bag(evidence)
    for one, other in _OPPOSITES:
        for word, opposite in ((one, other), (other, one)):
            if word in said and word not in there and opposite in there and opposite not in said:
                return word
    return None


def _bag(text: str) -> frozenset[str]:
    lower = re.sub(r"\bat (least|most)\b", r"at-\1", text.lower())
    return frozenset(re.findall(r"[\w-]+", lower))


def subject(text: str) -> frozenset[str]:
    """Return the terms in front of a sentence's first auxiliary verb, within its first words; none without one."""
    words = re.findall(r"[\w'-]+", text)[:_LONGEST_SUBJECT]
    place = next((at for at, word in enumerate(words) if word.lower() in _AUXILIARIES), 0)
    return stems(words[:place])


def modifiers(text: str) -> dict[str, frozenset[str]]:
    """Return the words that stand directly in front of each word: stem -> stems, common words left out."""
    words = [stem(word) for word in re.findall(r"[\w-]+", text.lower())]
    kept = terms(text)
    found: dict[str, set[str]] = {}
    for before, word in pairwise(words):
        if before in kept and word in kept:
            found.setdefault(word, set()).add(before)
    return {word: frozenset(before) for word, before in found.items()}


def stems(words: Iterable[str]) -> frozenset[str]:
    """Return the terms of several words."""
    return terms(" ".join(words))
