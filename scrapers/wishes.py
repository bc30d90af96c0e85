"""What the one who starts a crawl wants of it, besides what the source says."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Wishes:
    """`accept_removals` lets pages go however many they are; `run_id` is the Dagster run that the crawl belongs to."""

    accept_removals: bool = False
    run_id: str | None = None
