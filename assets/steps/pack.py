"""Packing units into chunks: greedy, balanced within a section, and at the cheapest cut near the fair share.

A section that is large enough ends its chunk; a smaller one shares it with what follows. What does not fit into one
chunk is cut into full chunks and a last two of about equal size, so that no small rest is left, each at the cut that
is best against its distance from that share.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from typing import NamedTuple

from assets.steps.block import Block, Kind
from assets.steps.heading import Outline, Path, Prefixes
from assets.steps.token_index import TokenIndex, TokenOffsets
from assets.steps.unit import Cut, block_units, refine

# In shares of a chunk: a long paragraph is cut at a sentence when that fills the chunk by 4 % more, a short one or a
# list's item when by 30 %. Fuller chunks found the answers to documentation questions more often.
_COST = {Cut.SECTION: 0.0, Cut.BLOCK: 0.0, Cut.ITEM: 0.01, Cut.SENTENCE: 0.04, Cut.LINE: 0.3, Cut.WORD: 0.5}
_PREFIX_SHARE = 4  # a prefix takes at most a quarter of a chunk
_SECTION_SHARE = 5  # a section of a fifth of a chunk or more has chunks of its own
_SMALL_SHARE = 8  # less than an eighth is too little to end a chunk with
_FULL = 0.95  # how far two chunks can surely be filled, since units are not sand
_MARKER = re.compile(r"[ \t>]*(?:[-*+]|\d{1,9}[.)])?[ \t]*")


class Packed(NamedTuple):
    """A chunk's place, path and text; `first_word` is where its words begin, behind list and quote marks."""

    start: int
    end: int
    first_word: int
    path: Path
    text: str
    prefix_chars: int
    tokens: int


class Packer:
    """Packs one document; `size` and `overlap` in tokens."""

    def __init__(
        self,
        markdown: str,
        blocks: list[Block],
        outline: Outline,
        token_offsets: TokenOffsets,
        size: int,
        overlap: int,
    ) -> None:
        self._markdown = markdown
        self._outline = outline
        self._token_offsets = token_offsets
        self._size, self._overlap = size, overlap
        self._tokens = TokenIndex(markdown, token_offsets)
        self._prefixes = Prefixes(token_offsets, size // _PREFIX_SHARE)
        self._counts: dict[str, int] = {}
        self._units = block_units(markdown, blocks, self._tokens, size, self._count)
        self._index()

    def _index(self) -> None:
        """`_at[k]` is how many tokens lie before unit k; one entry more ends the last unit."""
        self._at = [self._tokens.before(unit.start) for unit in self._units]
        self._at.append(len(self._tokens.starts))

    def _count(self, text: str) -> int:
        if text not in self._counts:
            self._counts[text] = len(self._token_offsets(text))
        return self._counts[text]

    def pack(self) -> Iterator[Packed]:
        """Yield the chunks in order."""
        first, reached, path = 0, 0, self._outline.root
        while first < len(self._units):
            path = self._path_before(first, path)
            packed, stop = self._chunk(first, path)
            if packed.end <= reached:  # the overlap left no room for more
                first = next(place for place in range(first, len(self._units)) if self._units[place].start >= reached)
                continue
            reached = packed.end
            if packed.tokens > 0:
                yield packed
            path = self._path_within(first, stop, path)
            first = self._with_overlap(first, stop)

    def _path_before(self, first: int, path: Path) -> Path:
        """The path that a chunk has: that of the headings which it begins with, else the one in force."""
        furthest = self._at[first] + self._size
        while self._at[first] < furthest and self._units[first].block.kind is Kind.HEADING:
            path = self._outline.path_at(self._units[first].block.start)
            first += 1
            if first == len(self._units):
                break
        return path

    def _path_within(self, first: int, stop: int, path: Path) -> Path:
        for unit in reversed(self._units[first:stop]):
            if unit.block.kind is Kind.HEADING:
                return self._outline.path_at(unit.block.start)
        return path

    def _chunk(self, first: int, path: Path) -> tuple[Packed, int]:
        """The chunk from a unit on, and the unit that the next one begins with."""
        start = self._units[first].start
        prefix, prefix_tokens = self._prefixes.of(tuple(heading.text for heading in path if heading.start < start))
        room = self._size - prefix_tokens
        while True:
            stop = self._stop(first, max(1, room - self._units[first].opener_tokens))
            packed = self._write(first, stop, path, prefix, prefix_tokens)
            if packed.tokens <= self._size or room <= 1:
                return packed, stop
            room -= max(1, packed.tokens - self._size)

    def _write(self, first: int, stop: int, path: Path, prefix: str, prefix_tokens: int) -> Packed:
        units = self._units[first:stop]
        start, end = units[0].start, units[-1].end
        opener, closer = units[0].opener, units[-1].closer
        body = self._markdown[start:end]
        text = f"{prefix}{opener}{chr(10) if opener else ''}{body}{chr(10) + closer if closer else ''}"
        tokens = prefix_tokens + self._at[stop] - self._at[first] + units[0].opener_tokens + units[-1].closer_tokens
        if not (self._tokens.is_exact and units[0].is_exact and units[-1].is_exact):
            tokens = len(self._token_offsets(text))
        marker = _MARKER.match(self._markdown, start, end)
        return Packed(start, end, marker.end() if marker else start, path, text, len(prefix), tokens)

    def _stop(self, first: int, room: int) -> int:
        """Where a chunk that begins at a unit ends: the first unit that is not in it."""
        goal = self._goal(first, room)
        needed = self._at[goal] - self._at[first]
        if needed <= room and self._fits(first, goal, room):
            return goal
        fair = needed / 2 if needed <= 2 * room * _FULL else room
        stop = self._cheapest(first, goal, room, fair)
        if stop is not None and self._at[stop] - self._at[first] >= room // _SMALL_SHARE:
            return stop
        return self._after_refining(first, room, stop)

    def _goal(self, first: int, room: int) -> int:
        """The end of the section, or of the document where what is left would be too small alone."""
        least = self._at[first] + room // _SECTION_SHARE
        stop = first + 1
        count = len(self._units)
        horizon = self._at[first] + 2 * room
        while stop < count and self._at[stop] <= horizon:
            if self._units[stop].cut is Cut.SECTION and self._at[stop] >= least:
                break
            stop += 1
        rest = self._at[count] - self._at[stop]
        return count if rest < room // _SMALL_SHARE and self._at[count] - self._at[first] <= room else stop

    def _fits(self, first: int, stop: int, room: int) -> bool:
        return self._at[stop] - self._at[first] + self._units[stop - 1].closer_tokens <= room

    def _cheapest(self, first: int, goal: int, room: int, fair: float) -> int | None:
        last = min(goal, bisect_right(self._at, self._at[first] + room) - 1, len(self._units) - 1)
        best, least = None, float("inf")
        for stop in range(first + 1, last + 1):
            cut = self._units[stop].cut
            if cut is Cut.FORBIDDEN or not self._fits(first, stop, room):
                continue
            cost = _COST[cut] + abs(self._at[stop] - self._at[first] - fair) / room
            if cost <= least:
                best, least = stop, cost
        return best

    def _after_refining(self, first: int, room: int, stop: int | None) -> int:
        """Cut the unit that does not fit any more, when all before it is too little or may not end a chunk."""
        last = min(bisect_right(self._at, self._at[first] + room) - 1, len(self._units) - 1)
        last = large = max(first, last)
        while large > first and self._units[large].is_frame and self._at[large + 1] - self._at[large] <= room // 2:
            large -= 1  # a fence's first and last line stay whole: what lies before gives way
        left = room - (self._at[large] - self._at[first]) - (self._at[last + 1] - self._at[large + 1])
        parts = refine(self._markdown, self._units[large], self._tokens, self._size, max(left, 1), self._count)
        if len(parts) > 1:
            self._units[large : large + 1] = parts
            self._at[large : large + 1] = [self._tokens.before(part.start) for part in parts]
            return self._stop(first, room)
        return stop if stop is not None else self._least_bad(first, last)

    def _least_bad(self, first: int, last: int) -> int:
        """Where to end a chunk when nothing allows it: after a heading rather than before a fence's last line."""
        stops = (stop for stop in range(last, first, -1) if not self._units[stop].closes)
        return next(stops, max(first + 1, last))

    def _with_overlap(self, first: int, stop: int) -> int:
        """The next chunk's first unit: the whole sentences before it that fit into the overlap."""
        if stop >= len(self._units) or self._units[stop].cut in (Cut.SECTION, Cut.WORD) or self._units[stop].opener:
            return stop
        back = stop
        while back - 1 > first and self._units[back - 1].is_text and self._units[back].cut < Cut.WORD:
            if self._at[stop] - self._at[back - 1] > self._overlap:
                break
            back -= 1
        return back
