"""A passage as something to check statements against: its sentences, and what each of them says."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from chat_app.query_term import terms
from chat_app.sentence import plain_text, sentences
from data_contracts.passage import Passage

_MOST_UNITS = 60
_ROW = re.compile(r"^[ \t]*\|.*\|[ \t]*$", re.MULTILINE)
_HALVES = re.compile(r"(?<=;)\s+|(?<=,)\s+(?=(?:while|whereas|but)\s)")
_CLAUSE = re.compile(r";\s+|,?\s+but\s+|,?\s+(?:while|because|since|unless|although|whereas)\s+")
_LETTERS = re.compile(r"[^\W_]+")


@dataclass(frozen=True, slots=True)
class Unit:
    """A sentence, a row of a table or a block of code; `plain` is how it reads, `markdown` has its code marks."""

    markdown: str
    plain: str
    terms: frozenset[str]


@dataclass(frozen=True, slots=True)
class Evidence:
    """`letters` is all that the passage says, without spaces and punctuation; `setting` are the words of its page's
    title and headings."""

    units: tuple[Unit, ...]
    text: str
    terms: frozenset[str]
    setting: str
    letters: str


def evidence(passage: Passage) -> Evidence:
    """Return what a passage says, sentence by sentence; kept for the passages that were asked for last."""
    return _evidence(passage.body, " ".join([passage.title, *passage.heading_path]))


def joined(several: Sequence[Evidence]) -> Evidence:
    """Return several passages as one: a sentence may sum up two of them."""
    return Evidence(
        tuple(unit for one in several for unit in one.units),
        "\n".join(one.text for one in several),
        frozenset[str]().union(*(one.terms for one in several)),
        " ".join(one.setting for one in several),
        " ".join(one.letters for one in several),
    )


@lru_cache(maxsize=512)
def _evidence(body: str, setting: str) -> Evidence:
    units = [
        _unit(part)
        for one in sentences(body)
        for part in ([one.markdown] if one.is_code else _HALVES.split(one.markdown))
    ]
    units += [_unit(row[0].replace("|", " ")) for row in _ROW.finditer(body)]
    text = plain_text(body)
    return Evidence(tuple(units[:_MOST_UNITS]), text, terms(text), setting, letters(text))


def _unit(markdown: str) -> Unit:
    plain = plain_text(markdown)
    return Unit(markdown, plain, terms(plain))


def letters(text: str) -> str:
    """Return a text's letters and digits alone, in lower case: equal for texts that differ in marks and spaces."""
    return "".join(_LETTERS.findall(text)).lower()


def clauses(text: str) -> list[str]:
    """Return the parts of a sentence that each say something of their own."""
    return [part for part in _CLAUSE.split(text) if part.strip()]
