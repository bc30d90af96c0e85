"""The parts of a question that asks for several things: each is searched for itself."""

from __future__ import annotations

import re

from chat_app.query_term import terms

MOST_PARTS = 4
_LONGEST = 1_200
_ITEM = re.compile(r"^[ \t]*(?:\(?\d{1,2}[.)]|[a-e][.)]|[-*•])[ \t]+(\S.*)$", re.M)
_QUESTION = re.compile(r"(?<=[?？])(?=\s|$)\s*|(?<=？)")
_ASKING = (
    r"(?:how|what|which|who|when|where|why|(?:is|are) there|(?:can|could|should|must|may|do|does) (?:i|we|you|one)|"
    r"wie|was|welche\w*|wann|wo|warum|comment|pourquoi|où|quand|cómo|qué|cuándo|dónde)"
)
_JOINT = re.compile(
    rf"(?:,\s*|;\s*|\s+)(?:and also|and then|as well as|and|or|but|also|und|et|y)\s+(?={_ASKING}\b)"
    rf"|[,;]\s+(?={_ASKING}\b)",
    re.I,
)
_BEGINS = re.compile(rf"^\W*(?:\w+[,:]?\s+){{0,3}}?{_ASKING}\b", re.I)
_LITERAL = re.compile(r"```.*?(?:```|$)|`[^`\n]*`|\"[^\"\n]*\"|https?://\S+", re.S)


def parts(text: str) -> list[str]:
    """Return what is asked for, at most `MOST_PARTS`; one part that is the whole text for most questions.

    Numbered and dashed lists, several question marks, and questions joined by "and how", "and when". Text in code,
    quotation marks and URLs is never cut, nor is what would leave a part without anything to search for ("what is a
    sensor and how does it work?").
    """
    text = text.strip()
    if len(text) > _LONGEST:
        return [text]
    for cut in (_items, _questions):
        found = cut(text)
        if len(found) > 1:
            return _at_most(found)
    return _at_most(_joined(text))


def _items(text: str) -> list[str]:
    if "```" in text:
        return []
    found = [item[1].strip() for item in _ITEM.finditer(text)]
    return found if len(found) > 1 and all(_has_content(item) for item in found) else []


def _questions(text: str) -> list[str]:
    """Sentences that end with a question mark; what stands before the first one belongs to it."""
    pieces = [piece for piece in _cut(text, _QUESTION) if piece.strip()]
    found: list[str] = []
    for piece in pieces:
        is_question = piece.rstrip().endswith(("?", "？")) and _has_content(piece)
        if found and not (is_question and _has_content(found[-1])):
            found[-1] += f" {piece.strip()}"
        else:
            found.extend(_joined(piece.strip()))
    return found


def _joined(text: str) -> list[str]:
    if not _BEGINS.match(text):
        return [text]
    found: list[str] = []
    for piece in _cut(text, _JOINT):
        if found and not (_has_content(found[-1]) and _has_content(piece)):
            return [text]
        found.append(piece.strip())
    return found


def _cut(text: str, at: re.Pattern[str]) -> list[str]:
    """Cut a text where the pattern matches outside of literals; the match goes."""
    literals = [match.span() for match in _LITERAL.finditer(text)]
    pieces: list[str] = []
    begin = 0
    for match in at.finditer(text):
        if not any(start <= match.start() < end for start, end in literals):
            pieces.append(text[begin : match.start()])
            begin = match.end()
    return [*pieces, text[begin:]]


def _has_content(text: str) -> bool:
    return bool(terms(text))


def _at_most(found: list[str]) -> list[str]:
    """The last part takes what is too many."""
    if len(found) <= MOST_PARTS:
        return found
    return [*found[: MOST_PARTS - 1], " ".join(found[MOST_PARTS - 1 :])]
