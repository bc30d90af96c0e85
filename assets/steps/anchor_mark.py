"""Marks in the text under conversion that become anchors: an HTML id and its exact offset in the markdown.

A mark is a run of noncharacters (U+FDD0..U+FDD9 as the digits of the id's number, U+FDDA as its end); `parse_page`
has made sure that the page itself holds none.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from data_contracts.document import Anchor

_DIGITS = {ord(str(digit)): chr(0xFDD0 + digit) for digit in range(10)}
_VALUES = {0xFDD0 + digit: str(digit) for digit in range(10)}
_END = "\ufdda"
MARKS = re.compile("(?:[\ufdd0-\ufdd9]+\ufdda)+")
_MARK = re.compile("([\ufdd0-\ufdd9]+)\ufdda")
# What may stand between the start of a line and the text that an id names: the block's own markup.
_BLOCK_MARKUP = re.compile(r"[ \t>|#:*+-]*(?:\d{1,9}[.)] )?[ \[*_`~!]*")


def mark(number: int) -> str:
    """The mark of the id with this number."""
    return str(number).translate(_DIGITS) + _END


def take_marks(text: str, ids: Sequence[str]) -> tuple[str, tuple[Anchor, ...]]:
    """Remove all marks; return the text and its anchors, sorted by offset.

    An anchor whose mark is preceded on its line by block markup only (`## `, `- `, `| `) points to the line's start.
    """
    parts: list[str] = []
    anchors: list[Anchor] = []
    length, position, line_start = 0, 0, 0
    for found in MARKS.finditer(text):
        before = text[position : found.start()]
        parts.append(before)
        newline = before.rfind("\n")
        if newline >= 0:
            line_start = length + newline + 1
            line = before[newline + 1 :]
        else:
            line = line + before if position else before
        length += len(before)
        offset = line_start if _BLOCK_MARKUP.fullmatch(line) else length
        anchors += [Anchor(offset, ids[int(digits.translate(_VALUES))]) for digits in _MARK.findall(found.group())]
        position = found.end()
    parts.append(text[position:])
    return "".join(parts), tuple(sorted(anchors, key=lambda anchor: anchor.offset))
