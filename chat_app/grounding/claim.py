"""The statements of an answer, each with the passages that it cites."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from chat_app.citation import MARKER
from chat_app.markdown_view import outside_code
from chat_app.sentence import plain_text, sentences

_SPACED_MARKER = re.compile(r"[ \t]?\[\d+\]")
_AFTER_END = re.compile(r"([.!?。！？])((?:[ \t]?\[\d+\])+)")
_ROW = re.compile(r"^[ \t]*\|(?P<cells>.*)\|[ \t]*$", re.MULTILINE)
_RULE = re.compile(r"[\s|:-]*")
_BOLD_LINE = re.compile(r"(\*\*|__)(?:(?!\1).)+\1:?$", re.DOTALL)
_FEWEST_WORDS = 3
# Sentences to the reader, which say nothing about the world.
_POLITE = re.compile(
    r"^(?:sure|certainly|of course|sorry|i hope (?:this|that)|let me know|feel free to|i(?:['’]m| am) (?:sorry|afraid)"
    r"|(?:that|this) is all\b)[^.]{0,60}[.!]?$",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Claim:
    """`start` and `end` are characters of the answer, its markers included; `cited` are the numbers to check it
    against, in order; `is_row` marks a row of a table."""

    start: int
    end: int
    plain: str
    cited: tuple[int, ...]
    is_row: bool = False


def claims(answer: str) -> list[Claim]:
    """Return what an answer states, in order. Left out are headings, introductions that end with a colon, questions
    and code.

    A sentence without a marker of its own belongs to the next one in its paragraph, and an item of a list to the
    markers of the line that introduces the list.
    """
    found: list[Claim] = []
    introduced: tuple[int, ...] = ()
    for block in _blocks(answer):
        cited = [_numbers(answer[start:end]) for start, end in block]
        for at, (start, end) in enumerate(block):
            own = next((numbers for numbers in cited[at:] if numbers), ())
            plain = plain_text(_SPACED_MARKER.sub("", answer[start:end]))
            if plain.endswith(":"):
                introduced = own
            elif _is_claim(answer[start:end], plain):
                is_item = _is_item(answer, start)
                found.append(Claim(start, end, plain, own or (introduced if is_item else ())))
                introduced = introduced if is_item else ()
    found.extend(_rows(answer))
    return sorted(found, key=lambda claim: claim.start)


def _blocks(answer: str) -> list[list[tuple[int, int]]]:
    """The sentences of each paragraph or item; markers behind a full stop belong to the sentence before it."""
    blank = outside_code(_AFTER_END.sub(_stop_last, answer), lambda text: MARKER.sub(_spaces, text))
    blank = _without_fences(blank)
    blocks: list[list[tuple[int, int]]] = []
    before = -1
    for sentence in sentences(blank):
        if sentence.is_code:
            before = -1
            continue
        end = _with_markers(answer, sentence.end)
        is_new = before < 0 or "\n" in answer[before : sentence.start].strip(" ") or _is_item(answer, sentence.start)
        if is_new or not blocks:
            blocks.append([])
        blocks[-1].append((sentence.start, end))
        before = end
    return blocks


def _without_fences(text: str) -> str:
    """Blank out code of several lines, also where it is quoted; every other character keeps its place."""
    codes = re.finditer("[^\x00]*\n[^\x00]*", outside_code(text, lambda prose: "\x00" * len(prose)))
    parts, at = [], 0
    for code in codes:
        parts += [text[at : code.start()], re.sub(r"[^\n]", " ", code[0])]
        at = code.end()
    return "".join([*parts, text[at:]])


def _stop_last(found: re.Match[str]) -> str:
    """`. [1]` as `    .`: as long, and split behind the marker."""
    return " " * len(found[2]) + found[1]


def _spaces(found: re.Match[str]) -> str:
    return " " * len(found[0])


def _with_markers(answer: str, end: int) -> int:
    """The end of a sentence with the markers that stand directly behind it."""
    found = re.compile(r"(?:[ \t]?\[\d+\])+").match(answer, end)
    return found.end() if found else end


def _is_item(answer: str, start: int) -> bool:
    line = answer[answer.rfind("\n", 0, start) + 1 : start]
    return re.fullmatch(r"[ \t>]*(?:[-*+]|\d{1,3}[.)])[ \t]+", line) is not None


def _is_claim(markdown: str, plain: str) -> bool:
    if plain.endswith(("?", "？")) or _BOLD_LINE.match(MARKER.sub("", markdown).strip()):
        return False
    words = re.findall(r"\w+", plain)
    return (len(words) >= _FEWEST_WORDS or len(plain) > len(words) * 8) and not _POLITE.match(plain)


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(dict.fromkeys(int(number) for number in MARKER.findall(text)))


def _rows(answer: str) -> Iterator[Claim]:
    """A table's rows without its head; the row's cells are one statement."""
    head = True
    last = -2
    for row in _ROW.finditer(outside_code(answer, lambda text: text)):
        head = row.start() != last + 1 or head
        last = row.end()
        if _RULE.fullmatch(row["cells"]):
            head = False
        elif not head:
            plain = " ".join(plain_text(_SPACED_MARKER.sub("", row["cells"].replace("|", " "))).split())
            if plain:
                yield Claim(row.start(), row.end(), plain, _numbers(row["cells"]), True)
