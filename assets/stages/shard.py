"""A share of a stage's work: a range of the hex keys, so that workers need not talk to each other."""

from __future__ import annotations

import re
from dataclasses import dataclass

import polars as pl

from assets.error import ShardInvalid

_FORM = re.compile(r"([0-9]{1,6})/([0-9]{1,6})")
_MOST = 4096
_KEYS = 16**8  # the first eight digits of a sha256 are spread evenly


@dataclass(frozen=True, slots=True)
class Shard:
    """Part `index` of `count`, counted from 1: the shards 1/n to n/n hold each key exactly once.

    Errors: ShardInvalid.
    """

    index: int
    count: int

    def __post_init__(self) -> None:
        if not 1 <= self.index <= self.count <= _MOST:
            raise ShardInvalid(
                f"there is no shard {self}: the first number goes from 1 to the second, the second to {_MOST}. "
                "Write 2/4 for the second of four shares"
            )

    def __str__(self) -> str:
        return f"{self.index}/{self.count}"

    @classmethod
    def parse(cls, text: str) -> Shard:
        """Read `2/4`. Raises ShardInvalid."""
        found = _FORM.fullmatch(text.strip())
        if found is None:
            raise ShardInvalid(f"{text!r} is no shard: write 2/4 for the second of four shares")
        return cls(int(found[1]), int(found[2]))

    def where(self, key: pl.Expr) -> pl.Expr:
        """Hold for the rows of this shard; `key` is a column of lower-case sha256 hex digests."""
        lower, upper = self._bound(self.index - 1), self._bound(self.index)
        inside = pl.lit(True) if self.index == 1 else key >= lower
        return inside if self.index == self.count else inside & (key < upper)

    def _bound(self, index: int) -> str:
        return f"{index * _KEYS // self.count:08x}"
