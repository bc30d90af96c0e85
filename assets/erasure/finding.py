"""What a search for an erased page came to, place by place."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from assets.erasure.wording import Wording


@dataclass(frozen=True, slots=True)
class Finding:
    """`left` counts what is the page's own there (rows, lines, passages, or occurrences of its words) and `older` rows
    in versions that only time travel reads. `mentions` counts where other pages name its address: that is their
    content, and it stays."""

    place: str
    unit: str
    left: int = 0
    older: int = 0
    mentions: int = 0

    @property
    def is_clean(self) -> bool:
        """Whether nothing of the page is there."""
        return not self.left and not self.older


class Keeper(Protocol):
    """A place outside the lake and the index that may hold an erased page's words: logs, a scheduler's storage."""

    def search(self, wording: Wording) -> Finding:
        """Count what gives the page away."""
        ...

    def clean(self, wording: Wording) -> None:
        """Take it out; what is in use is left for another time, and found again."""
        ...
