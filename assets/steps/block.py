"""Markdown as a flat run of blocks, found in one pass over its lines.

Only what a splitter must know: where a block begins and ends, and what would break if it were cut. Inline syntax is
left alone, and containers (lists, quotes) are not nested trees: a list is its items, one after the other. Block rules
follow CommonMark 0.31 and GitHub's tables, where documentation in the wild uses them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import Enum, auto

_FENCE = re.compile(
    r"^(?P<lead>(?:[ \t]*(?:>|[-*+](?=[ \t])|\d{1,9}[.)](?=[ \t])))*[ \t]*)(?P<bar>`{3,}(?!.*`)|~{3,})(?P<info>.*)$"
)
_HEADING = re.compile(r"^ {0,3}(#{1,6})(?:[ \t]+(.*?))??(?:[ \t]+#+)?[ \t\r]*$")
_UNDERLINE = re.compile(r"^ {0,3}(=+|-+)[ \t\r]*$")
_RULE = re.compile(r"^ {0,3}([-*_])(?:[ \t]*\1){2,}[ \t\r]*$")
_ITEM = re.compile(r"^(?:[-*+]|\d{1,9}[.)])(?=[ \t\r]|$)")
_DELIMITER = re.compile(r"^[ \t>]*\|?[ \t]*:?-+:?[ \t]*(?:\|[ \t]*:?-+:?[ \t]*)*\|?[ \t\r]*$")
_HTML = re.compile(r"^</?[a-zA-Z][a-zA-Z0-9-]*(?=[\s/>]|$)|^<!--|^<\?|^<![A-Z]")
_LASTING_HTML = re.compile(r"^<(?P<tag>pre|script|style|textarea|table)(?=[\s>]|$)|^(?P<comment><!--)", re.IGNORECASE)


class Kind(Enum):
    """What a block is, and so where it may be cut."""

    HEADING = auto()
    PARAGRAPH = auto()
    ITEM = auto()
    QUOTE = auto()
    FENCE = auto()
    CODE = auto()
    TABLE = auto()
    HTML = auto()
    RULE = auto()


@dataclass(slots=True)
class Block:
    """Characters `start` to `end` (the last line's end, without its line break) of the markdown.

    `level` is a heading's, `text` its raw text. `opener` and `closer` are the lines that a cut fence needs again
    (`closer` also when the markdown never closes it), `is_closed` whether the markdown closes it; `head_end` is where
    a table's header and delimiter rows end. `depth` is an item's indentation in characters.
    """

    kind: Kind
    start: int
    end: int
    level: int = 0
    text: str = ""
    opener: str = ""
    closer: str = ""
    is_closed: bool = True
    head_end: int = 0
    depth: int = 0


@dataclass(slots=True)
class _Scanner:
    blocks: list[Block] = field(default_factory=list)
    open: Block | None = None
    until: re.Pattern[str] | None = None
    in_quote: bool = False
    in_list: bool = False
    last_line: tuple[int, str] = (0, "")

    def begin(self, kind: Kind, start: int, end: int) -> Block:
        block = Block(kind, start, end)
        self.blocks.append(block)
        self.open = block
        return block

    def line(self, start: int, line: str) -> None:
        end = start + len(line)
        if self.open is not None and self.until is not None and self._continues_raw(self.open, self.until, line, end):
            return
        stripped = line.strip()
        if not stripped:
            self._blank()
        elif ("```" in line or "~~~" in line) and (fence := _FENCE.match(line)):
            self._fence(start, end, line, fence)
        else:
            self._block(start, end, line, stripped)
        self.last_line = (start, line)

    def _continues_raw(self, block: Block, until: re.Pattern[str], line: str, end: int) -> bool:
        """Inside a fence or lasting HTML everything is content until its end; a quote's end also ends its fence."""
        if self.in_quote and not line.lstrip().startswith(">"):
            self.until = self.open = None
            return False
        block.end = end
        if until.search(line):
            block.is_closed = True
            self.until = self.open = None
        self.last_line = (end, "")
        return True

    def _blank(self) -> None:
        if self.open is not None and self.open.kind is not Kind.CODE:
            self.open = None

    def _fence(self, start: int, end: int, line: str, fence: re.Match[str]) -> None:
        lead, bar = fence["lead"], fence["bar"]
        block = self.begin(Kind.FENCE, start, end)
        indent = re.sub(r"[^\s>]", " ", lead)
        block.opener = indent + line[len(lead) :].rstrip()
        block.closer = indent + bar
        block.is_closed = False
        self.in_quote = ">" in lead
        self.in_list = self.in_list and bool(lead)
        self.until = re.compile(rf"^[ \t>]*{re.escape(bar[0])}{{{len(bar)},}}[ \t\r]*$")

    def _block(self, start: int, end: int, line: str, stripped: str) -> None:
        indent = len(line) - len(line.lstrip())
        first = stripped[0]
        if self.open is not None and first in "|:->" and self._starts_table(self.open, line, end):
            return
        if self.open is not None and self.open.kind is Kind.TABLE and "|" in line:
            self.open.end = end
        elif first == "#" and (heading := _HEADING.match(line)) and heading[2]:
            self._heading(start, end, len(heading[1]), heading[2])
        elif first in "=-" and self.open is not None and self.open.kind is Kind.PARAGRAPH and _UNDERLINE.match(line):
            self._underline(self.open, end, 1 if first == "=" else 2)
        elif first in "-*_" and _RULE.match(line):
            self.begin(Kind.RULE, start, end)
            self.open = None
        elif (first in "-*+" or first.isdigit()) and _ITEM.match(stripped) and not self._is_code(indent):
            self.begin(Kind.ITEM, start, end).depth = indent
            self.in_list = True
        elif first == ">" and (self.open is None or self.open.kind is not Kind.QUOTE):
            self.begin(Kind.QUOTE, start, end)
        elif first == "<" and self.open is None and _HTML.match(stripped):
            self._html(start, end, stripped)
        elif self.open is None or (self.open.kind is Kind.CODE and indent < 4):
            self._text(start, end, indent)
        else:
            self.open.end = end

    def _is_code(self, indent: int) -> bool:
        """Four spaces make code, unless a list explains the indentation or a paragraph goes on."""
        return indent >= 4 and not self.in_list and (self.open is None or self.open.kind is Kind.CODE)

    def _text(self, start: int, end: int, indent: int) -> None:
        if self.in_list and indent >= 2:
            self.begin(Kind.ITEM, start, end).depth = indent
            return
        self.in_list = False
        self.begin(Kind.CODE if indent >= 4 else Kind.PARAGRAPH, start, end)

    def _heading(self, start: int, end: int, level: int, text: str) -> None:
        block = self.begin(Kind.HEADING, start, end)
        block.level, block.text = level, text
        self.open, self.in_list = None, False

    def _underline(self, block: Block, end: int, level: int) -> None:
        block.kind, block.end, block.level = Kind.HEADING, end, level
        self.open = None

    def _html(self, start: int, end: int, stripped: str) -> None:
        self.begin(Kind.HTML, start, end)
        lasting = _LASTING_HTML.match(stripped)
        if lasting is None:
            return
        closing = "-->" if lasting["comment"] else f"</{lasting['tag']}>"
        if closing.lower() not in stripped.lower():
            self.in_quote, self.until = False, re.compile(re.escape(closing), re.IGNORECASE)

    def _starts_table(self, above: Block, line: str, end: int) -> bool:
        """A delimiter row under a line with a bar: that line is the header, whatever came before it ends there."""
        header_start, header = self.last_line
        if above.kind not in (Kind.PARAGRAPH, Kind.ITEM, Kind.QUOTE) or "|" not in header:
            return False
        if _DELIMITER.match(line) is None or "|" not in line:
            return False
        if above.start == header_start:
            self.blocks.pop()
        else:
            above.end = header_start - 1
        self.begin(Kind.TABLE, header_start, end).head_end = end
        return True


def parse_blocks(markdown: str) -> list[Block]:
    """Return the blocks in order; together they hold every character that is not white space."""
    scanner = _Scanner()
    start = 0
    for line in markdown.split("\n"):
        scanner.line(start, line)
        start += len(line) + 1
    for block in scanner.blocks:
        if block.kind is Kind.HEADING and not block.text:
            block.text = markdown[block.start : block.end].rsplit("\n", 1)[0]
    return scanner.blocks
