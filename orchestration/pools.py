"""How many runs may be in one kind of work at a time, where that is not the one of dagster.yaml."""

from __future__ import annotations

import dagster as dg

LIMITS = {"crawl": 2}
"""Two crawls: they wait for slow sites most of the time, and one slow site must not hold up all others. Embedding and
publishing use every core and much memory by themselves."""


def set_pool_limits(instance: dg.DagsterInstance) -> None:
    """Set the limits; one that a person has set stays."""
    storage = instance.event_log_storage
    there = {pool.name for pool in storage.get_pool_limits() if not pool.from_default}
    for pool, limit in LIMITS.items():
        if pool not in there:
            storage.set_concurrency_slots(pool, limit)
