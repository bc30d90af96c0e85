"""The name under which vectors are comparable."""

from __future__ import annotations

import re
from dataclasses import dataclass

_FORM = re.compile(
    r"(?P<name>[^@+]+)@(?P<weights>[0-9a-f]{12})\+(?P<precision>[a-z0-9]+)\+(?P<pooling>[a-z_]+)"
    r"\+(?P<max_length>\d+)(?:\+(?P<prompts>[0-9a-f]{8}))?"
)


@dataclass(frozen=True, slots=True)
class ModelId:
    """All that a vector depends on, written as `all-MiniLM-L6-v2@53aa51172d14+fp32+mean+256`.

    `weights` are 12 hex digits of their sha256, `precision` is that of the passages' vectors, `max_length` counts
    tokens with specials, `prompts` are 8 hex digits of the sha256 of what the model puts before texts ("" for
    nothing). Which engine computed is left out: engines of one precision agree to 1e-5, and the tests hold them to it.
    """

    name: str
    weights: str
    precision: str
    pooling: str
    max_length: int
    prompts: str = ""

    def __str__(self) -> str:
        last = f"+{self.prompts}" if self.prompts else ""
        return f"{self.name}@{self.weights}+{self.precision}+{self.pooling}+{self.max_length}{last}"

    @classmethod
    def parse(cls, text: str) -> ModelId | None:
        """Read what str() wrote; None for anything else, such as a plain model name."""
        if not (match := _FORM.fullmatch(text)):
            return None
        name, weights, precision, pooling, max_length, prompts = match.groups(default="")
        return cls(name, weights, precision, pooling, int(max_length), prompts)
