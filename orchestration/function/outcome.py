"""What became of a drop."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Failure:
    """A line, a page or a whole object that gave no document, and why. It holds nothing of a page's text."""

    rule: str
    reason: str
    line: int | None = None
    url: str | None = None

    def told(self, key: str) -> dict[str, Any]:
        """A line of the file of failures, for the object with this key."""
        return {"key": key, **{name: value for name, value in asdict(self).items() if value is not None}}


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a drop: rows by kind in `counts`, the files that were written below `processed/`, and a `remark`
    for people where something else was done than they may expect."""

    source: str = ""
    counts: Mapping[str, int] = field(default_factory=dict)
    failures: int = 0
    files: tuple[str, ...] = ()
    remark: str = ""

    def to_dict(self) -> dict[str, Any]:
        """For logs, and for the memory of what was done."""
        return {**asdict(self), "counts": dict(self.counts), "files": list(self.files)}

    @classmethod
    def from_dict(cls, told: Mapping[str, Any]) -> Outcome:
        """Read it again; DynamoDB gives numbers back as decimals."""
        counts = {name: int(count) for name, count in told["counts"].items()}
        return cls(told["source"], counts, int(told["failures"]), tuple(told["files"]), told["remark"])
