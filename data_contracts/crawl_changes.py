"""What a crawl changed about a source, in numbers."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass


@dataclass(frozen=True, slots=True)
class CrawlChanges:
    """Pages of a source, before a crawl against after it.

    `fetched` pages were downloaded; `unchanged` ones have the bytes that are stored (or the server said so), `changed`
    ones others, `new` ones were never seen before, `restored` ones were gone. `gone` pages went with evidence, or would
    have gone when the removals were held; `unknown` ones could not be seen this time and keep answering. `bytes_saved`
    were not downloaded because the server said that nothing had changed.
    """

    fetched: int = 0
    unchanged: int = 0
    changed: int = 0
    new: int = 0
    restored: int = 0
    gone: int = 0
    unknown: int = 0
    bytes_saved: int = 0

    def __add__(self, other: CrawlChanges) -> CrawlChanges:
        mine, theirs = asdict(self), asdict(other)
        return CrawlChanges(**{name: count + theirs[name] for name, count in mine.items()})

    def to_json(self) -> str:
        """One line of JSON."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> CrawlChanges:
        """Read `to_json` back."""
        return cls(**json.loads(text))
