"""The sentences of a passage: where they stand in its markdown, and how they read without markup."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_FENCE = re.compile(r"[ \t]*(`{3,}|~{3,})")
_BLOCK_MARK = re.compile(r"[ \t]*(?:(?:[-*+]|\d{1,3}[.)])[ \t]+|>[ \t]?|#{1,6}[ \t]+)+")
_SEPARATOR = re.compile(r"[ \t]*(?:[-*_=][ \t]*){3,}$")
_END = re.compile(
    r"(?<!\be\.g)(?<!\bi\.e)(?<!\bvs)(?<!\bcf)(?<!\betc)(?<!\bMr)(?<!\bMs)(?<!\bDr)(?<!\bSt)(?<!\bNo)(?<!\b[A-Z])"
    r"[.!?][)\]\"'”’*_`]*\s+(?=[\"'“‘(\[*_`]*[A-Z0-9À-ÞА-Я])|[。！？]"
)
_WORD = re.compile(r"\w+(?:[-_.]\w+)*")


@dataclass(frozen=True, slots=True)
class Sentence:
    """`start` and `end` are characters of the passage's body; `is_code` marks a whole fenced block."""

    start: int
    end: int
    markdown: str
    is_code: bool = False

    @property
    def plain(self) -> str:
        """How it reads: no markup, white space collapsed."""
        return self.markdown.strip() if self.is_code else plain_text(self.markdown)

    @property
    def words(self) -> list[str]:
        """Its words in lower case."""
        return [word.lower() for word in _WORD.findall(self.plain)]


def sentences(body: str) -> list[Sentence]:
    """Return the sentences and code blocks of a markdown text, in order; headings, tables and rules are left out."""
    found: list[Sentence] = []
    for start, end, is_code in _blocks(body):
        if is_code:
            found.append(Sentence(start, end, body[start:end], True))
        else:
            found.extend(_split(body, start, end))
    return found


def plain_text(markdown: str) -> str:
    """Return inline markdown as it reads: links and images as their text, no emphasis, no backslashes."""
    text = re.sub(r"!\[([^\]\n]*)\]\((?:[^()\n]|\([^()\n]*\))*\)", r"\1", markdown)
    text = re.sub(r"\[((?:[^\[\]\n]|\\.|\[[^\[\]\n]*\])*)\]\((?:[^()\n]|\([^()\n]*\))*\)", r"\1", text)
    text = re.sub(r"<((?:https?|mailto):[^>\s]*)>", r"\1", text)
    text = re.sub(r"(?<![\\*\w])(\*{1,3}|_{1,3})(?=\S)([^*_\n]+?)(?<=\S)\1(?!\w)", r"\2", text)
    text = re.sub(r"(?<!`)`++ ?([^`]+?) ?`++", r"\1", text)
    text = re.sub(r"\\([^\w\s])", r"\1", text)
    return " ".join(text.split())


def _blocks(body: str) -> Iterator[tuple[int, int, bool]]:
    """Yield (start, end, is code) of paragraphs, list items and fences."""
    start, offset, fence, fence_start = -1, 0, "", 0
    for line in body.splitlines(keepends=True):
        opening = _FENCE.match(line)
        if fence:
            if opening and opening[1].startswith(fence):
                yield fence_start, offset + len(line), True
                fence = ""
        elif opening or not line.strip() or _is_furniture(line) or _BLOCK_MARK.match(line):
            if start >= 0:
                yield start, offset, False
            mark = _BLOCK_MARK.match(line)
            start = -1
            if opening:
                fence, fence_start = opening[1], offset
            elif mark and line.strip() and not _is_furniture(line):
                start = offset + mark.end()
        elif start < 0:
            start = offset + len(line) - len(line.lstrip())
        offset += len(line)
    if fence:
        yield fence_start, offset, True
    elif start >= 0:
        yield start, offset, False


def _is_furniture(line: str) -> bool:
    """Whether a line is a heading, a table row or a rule: nothing that reads as a sentence."""
    text = line.strip()
    return text.startswith(("#", "|")) or _SEPARATOR.match(text) is not None


def _split(body: str, start: int, end: int) -> Iterator[Sentence]:
    at = start
    for match in _END.finditer(body, start, end):
        yield from _sentence(body, at, match.end())
        at = match.end()
    yield from _sentence(body, at, end)


def _sentence(body: str, start: int, end: int) -> Iterator[Sentence]:
    text = body[start:end]
    start += len(text) - len(text.lstrip())
    text = text.strip()
    if text:
        yield Sentence(start, start + len(text), text)
