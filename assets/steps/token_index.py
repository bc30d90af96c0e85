"""The tokens of one text, found once, answering "how many lie between here and there"."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable

TokenOffsets = Callable[[str], list[tuple[int, int]]]

_LONGEST = 64  # characters; WordPiece makes one unknown token of a word beyond 100, however long it is
_STRIDE = 2  # characters per token that such a word is counted as: it is to be cut, and its parts are real tokens


class TokenIndex:
    """Where each token of a text begins. A text whose single word would hide thousands of characters counts more."""

    def __init__(self, text: str, token_offsets: TokenOffsets) -> None:
        offsets = token_offsets(text)
        self.starts = [start for start, _ in offsets]
        self.longest = max((end - start for start, end in offsets), default=0)
        if self.longest > _LONGEST:
            self.starts = [place for start, end in offsets for place in _places(start, end)]

    @property
    def is_exact(self) -> bool:
        """Whether every token stands for itself."""
        return self.longest <= _LONGEST

    def before(self, offset: int) -> int:
        """How many tokens begin before a character offset."""
        return bisect_left(self.starts, offset)

    def count(self, start: int, end: int) -> int:
        """How many tokens begin in text[start:end]."""
        return self.before(end) - self.before(start)


def _places(start: int, end: int) -> range | tuple[int]:
    return (start,) if end - start <= _LONGEST else range(start, end, _STRIDE)
