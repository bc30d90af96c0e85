"""What a crawl came to, as its process reports it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from data_contracts.crawl_changes import CrawlChanges


@dataclass(frozen=True, slots=True)
class CrawlReport:
    """`counts` are URLs by verdict, `changes` pages before against after, both over the whole crawl; `pages_added`,
    `pages_fetched`, `body_bytes` and `seconds` cover this process.

    `resumed` says that a cut-off crawl was continued; `outcome` is `finished`, or why the crawl ended early.
    `peak_memory_bytes` is the crawl process's own.
    """

    source: str
    crawl_id: str
    outcome: str
    resumed: bool
    counts: Mapping[str, int]
    changes: CrawlChanges
    pages_added: int
    pages_fetched: int
    body_bytes: int
    seconds: float
    peak_memory_bytes: int

    @property
    def pages_per_second(self) -> float:
        """Pages downloaded and stored per second by this process."""
        return self.pages_fetched / self.seconds if self.seconds else 0.0

    @property
    def pages_present(self) -> int:
        """Pages that exist: stored now, or unchanged since an earlier crawl."""
        return self.counts.get("fetched", 0) + self.counts.get("unchanged", 0)

    def to_json(self) -> str:
        """One line of JSON."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> CrawlReport:
        """Read `to_json` back."""
        return cls.from_mapping(json.loads(text))

    @classmethod
    def from_mapping(cls, told: Mapping[str, Any]) -> CrawlReport:
        """Read the fields back as JSON has them."""
        return cls(**{**told, "changes": CrawlChanges(**told["changes"])})
