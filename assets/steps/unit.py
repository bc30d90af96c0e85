"""Blocks cut into units: the smallest spans that packing moves whole, each with what a cut before it costs."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from enum import IntEnum
from typing import NamedTuple

from assets.steps.block import Block, Kind
from assets.steps.sentence import sentence_starts
from assets.steps.token_index import TokenIndex

Count = Callable[[str], int]

_SMALL_SHARE = 3  # a paragraph or item below a third of a chunk is better not cut at its sentences


class Cut(IntEnum):
    """What a chunk that begins at a unit cuts through, from nothing to a word; LINE also a short paragraph."""

    SECTION = 0
    BLOCK = 1
    ITEM = 2
    SENTENCE = 3
    LINE = 4
    WORD = 5
    FORBIDDEN = 6


class Unit(NamedTuple):
    """Characters `start` to `end` of the markdown.

    `opener` is written before a chunk that begins here and `closer` after a chunk that ends here, in tokens
    `opener_tokens` and `closer_tokens`. `is_text` says that it may be repeated as overlap, `is_exact` that its tokens
    are the same when it stands alone.
    """

    start: int
    end: int
    cut: Cut
    block: Block
    opener: str = ""
    closer: str = ""
    opener_tokens: int = 0
    closer_tokens: int = 0
    is_text: bool = False
    is_exact: bool = True

    @property
    def closes(self) -> bool:
        """Whether this is the line that closes a fence."""
        block = self.block
        return block.kind is Kind.FENCE and block.is_closed and self.end == block.end and self.start > block.start

    @property
    def is_frame(self) -> bool:
        """Whether this is the line that opens or closes a fence, apart from what stands in it."""
        opens = self.block.kind is Kind.FENCE and self.start == self.block.start and self.end < self.block.end
        return opens or self.closes


def block_units(markdown: str, blocks: Iterable[Block], tokens: TokenIndex, size: int, count: Count) -> list[Unit]:
    """Return the units of all blocks in order; a fence, table or code is one unit unless larger than `size`."""
    units: list[Unit] = []
    previous: Block | None = None
    for block in blocks:
        inner = Cut.SENTENCE if tokens.count(block.start, block.end) > size // _SMALL_SHARE else Cut.LINE
        for unit in _of_block(markdown, block, _cut_before(markdown, block, previous), inner, count):
            if not unit.is_text and tokens.count(unit.start, unit.end) > size:
                units += refine(markdown, unit, tokens, size, size, count)
            else:
                units.append(unit)
        previous = block
    return units


def _cut_before(markdown: str, block: Block, previous: Block | None) -> Cut:
    if previous is not None and previous.kind is Kind.HEADING:
        return Cut.FORBIDDEN
    if block.kind is Kind.HEADING:
        return Cut.SECTION
    if block.kind is Kind.ITEM and previous is not None and previous.kind is Kind.ITEM:
        return Cut.ITEM if block.depth == 0 else Cut.SENTENCE
    if previous is not None and markdown[previous.end - 1] == ":":  # what it announces belongs with it
        return Cut.SENTENCE
    return Cut.BLOCK


def _of_block(markdown: str, block: Block, cut: Cut, inner: Cut, count: Count) -> Iterator[Unit]:
    if block.kind is Kind.FENCE:
        closer = "" if block.is_closed else block.closer
        yield Unit(block.start, block.end, cut, block, "", closer, 0, count(closer) if closer else 0)
    elif block.kind in (Kind.PARAGRAPH, Kind.ITEM, Kind.QUOTE):
        start = block.start
        for place in sentence_starts(markdown, block.start, block.end):
            yield Unit(start, _trimmed_end(markdown, start, place), cut, block, is_text=True)
            start, cut = place, inner
        yield Unit(start, block.end, cut, block, is_text=True)
    else:
        yield Unit(block.start, block.end, cut, block)


def _trimmed_end(markdown: str, start: int, end: int) -> int:
    return start + len(markdown[start:end].rstrip())


def refine(markdown: str, unit: Unit, tokens: TokenIndex, size: int, budget: int, count: Count) -> list[Unit]:
    """Return the unit's parts, at the next finer cut that it has, none of them empty.

    A fence falls into lines, a table into rows, anything else into runs of words (or characters) of at most
    `budget` tokens. The unit itself, alone, says that it cannot be cut. `size` is that of a chunk.
    """
    whole = unit.start == unit.block.start and unit.end == unit.block.end
    kind = unit.block.kind
    if whole and kind in (Kind.FENCE, Kind.TABLE, Kind.CODE, Kind.HTML):
        parts = list(_lines(markdown, unit, size, count))
        if len(parts) > 1:
            return parts
    room = max(1, budget - unit.opener_tokens - unit.closer_tokens)
    return _word_runs(markdown, unit, tokens, room)


def _lines(markdown: str, unit: Unit, size: int, count: Count) -> Iterator[Unit]:
    """The lines of a fence or code, or the rows of a table; what opens and closes it is glued to a line of content."""
    block = unit.block
    opener, closer = _frame(markdown, block, size, count)
    costs = (count(opener) if opener else 0, count(closer) if closer else 0)
    cut = unit.cut
    for first, last in _line_spans(markdown, block):
        is_head = first == block.start and block.kind in (Kind.FENCE, Kind.TABLE)
        is_tail = last == block.end and block.is_closed and block.kind is Kind.FENCE
        open_cost, close_cost = (0 if is_head else costs[0]), (0 if is_tail else costs[1])
        if is_tail:
            cut = Cut.FORBIDDEN
        yield Unit(first, last, cut, block, "" if is_head else opener, "" if is_tail else closer, open_cost, close_cost)
        gap = markdown[last : last + 2] == "\n\n"
        cut = Cut.FORBIDDEN if is_head else Cut.SENTENCE if gap else Cut.LINE


def _line_spans(markdown: str, block: Block) -> Iterator[tuple[int, int]]:
    """Lines that are not blank; a table's header and delimiter rows are one."""
    start = block.start
    if block.kind is Kind.TABLE:
        yield start, block.head_end
        start = block.head_end
    for match in re.compile(r"[^\n]*\S[^\n]*").finditer(markdown, start, block.end):
        yield match.span()


def _frame(markdown: str, block: Block, size: int, count: Count) -> tuple[str, str]:
    """The lines that a part needs before and after it; a frame that would eat half of a chunk is simplified."""
    if block.kind is Kind.TABLE:
        header = markdown[block.start : block.head_end]
        return (header, "") if count(header) <= size // 2 else ("", "")
    if block.kind is not Kind.FENCE:
        return "", ""
    is_short = count(block.opener) + count(block.closer) <= size // 2
    return block.opener if is_short else block.closer, block.closer


def _word_runs(markdown: str, unit: Unit, tokens: TokenIndex, room: int) -> list[Unit]:
    """Cut at white space, or inside a word that alone is too large."""
    parts: list[Unit] = []
    start, cut, exact = unit.start, unit.cut, unit.is_exact
    while tokens.count(start, unit.end) > room:
        place, is_word = _place(markdown, start, unit.end, tokens, room)
        if place >= unit.end:
            break
        parts.append(
            unit._replace(start=start, end=_trimmed_end(markdown, start, place), cut=cut, is_exact=exact and is_word)
        )
        start, cut, exact = place, Cut.WORD, is_word
    parts.append(unit._replace(start=start, cut=cut, is_exact=exact))
    return parts


_SPACE = re.compile(r"\s+")
_JOINERS = frozenset("\u200d\ufe0e\ufe0f")


def _place(markdown: str, start: int, end: int, tokens: TokenIndex, room: int) -> tuple[int, bool]:
    """Where the next run begins, and whether that is at a word."""
    index = tokens.before(start) + room
    limit = min(tokens.starts[index], end)
    if limit > start and markdown[limit - 1].isspace():
        return limit, True
    space = max((match.end() for match in _SPACE.finditer(markdown, start + 1, limit)), default=0)
    if space > start and markdown[start:space].strip():
        return space, True
    while index < len(tokens.starts) and tokens.starts[index] <= start:
        index += 1
    place = tokens.starts[index] if index < len(tokens.starts) else end
    while place < end and _joins(markdown[place]):
        place += 1
    return place, False


def _joins(character: str) -> bool:
    """Whether a character is shown together with the one before it."""
    return character in _JOINERS or (character > "\u02ff" and unicodedata.combining(character) != 0)
