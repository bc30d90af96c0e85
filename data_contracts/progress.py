"""How far a stage is: one line that a person reads in a log and a progress bar reads back."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

_LINE = re.compile(r"^progress (?P<stage>\S+) (?P<done>\d+)/(?P<total>\d+|\?) (?P<unit>\S+)(?P<rest>( \S+=\S+)*)$")


@dataclass(frozen=True, slots=True)
class Progress:
    """`done` of `total` units (None: not known yet), at `rate` units per second, with named counts beside it."""

    stage: str
    done: int
    total: int | None
    unit: str
    rate: float
    counts: Mapping[str, int] = field(default_factory=dict)

    @property
    def seconds_left(self) -> float | None:
        """Time left at the present rate; None while total or rate are unknown."""
        if self.total is None or self.rate <= 0:
            return None
        return max(0, self.total - self.done) / self.rate

    def __str__(self) -> str:
        total = "?" if self.total is None else self.total
        counts = "".join(f" {name}={value}" for name, value in self.counts.items())
        return f"progress {self.stage} {self.done}/{total} {self.unit} rate={self.rate:.1f}{counts}"

    @classmethod
    def parse(cls, line: str) -> Progress | None:
        """Read a line back; None when it is not a progress line."""
        match = _LINE.match(line)
        if match is None:
            return None
        counts = dict(pair.split("=", 1) for pair in match["rest"].split())
        rate = float(counts.pop("rate", "0"))
        return cls(
            stage=match["stage"],
            done=int(match["done"]),
            total=None if match["total"] == "?" else int(match["total"]),
            unit=match["unit"],
            rate=rate,
            counts={name: int(value) for name, value in counts.items()},
        )
