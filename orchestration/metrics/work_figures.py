"""Figures of what assets made: read from the metadata of their materializations, wherever the work was done."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import dagster as dg

from data_contracts.metric_line import MetricKind
from orchestration.metrics.kind import (
    EMBEDDING_DOLLARS,
    PAGES_CHANGED,
    PAGES_FETCHED,
    PAGES_GONE,
    PAGES_NEW,
    PAGES_UNKNOWN,
    QUARANTINED_PERCENT,
    ROWS_ADDED,
    ROWS_QUARANTINED,
    STEP_SECONDS,
)
from orchestration.metrics.memory import Memory, SourceState

_MOST = 100
_METADATA: Mapping[MetricKind, str] = {
    PAGES_FETCHED: "pages fetched",
    PAGES_CHANGED: "pages changed",
    PAGES_NEW: "pages new",
    PAGES_GONE: "pages gone",
    PAGES_UNKNOWN: "pages unknown",
    ROWS_ADDED: "rows added",
    ROWS_QUARANTINED: "rows quarantined",
    STEP_SECONDS: "seconds",
    EMBEDDING_DOLLARS: "cost in US dollars",
}
_STATE = {
    "pages": ("raw_html", "dagster/row_count"),
    "oldest": ("raw_html", "oldest page seen at"),
    "median": ("raw_html", "median page seen at"),
    "released": ("vector_index", "live release built at"),
    "golden": ("vector_index", "golden recall@5"),
    "heading": ("vector_index", "heading recall@5"),
}
"""Fields of SourceState: which asset tells them, under which name."""


@dataclass(frozen=True, slots=True)
class Work:
    """What an asset made for a source, at a moment."""

    asset: str
    source: str
    at: datetime
    values: Mapping[MetricKind, float]


def new_work(instance: dg.DagsterInstance, assets: Sequence[dg.AssetKey], memory: Memory) -> Iterator[Work]:
    """Yield what was made since the last look, oldest first by asset, and note it. What is beyond a hundred of an
    asset waits for the next look."""
    for key in assets:
        name = key.to_user_string()
        seen = memory.materialized.get(name)
        after = {"after_storage_id": seen} if seen is not None else {"after_timestamp": memory.horizon}
        wanted = dg.AssetRecordsFilter(asset_key=key, **after)
        for record in instance.fetch_materializations(wanted, limit=_MOST, ascending=True).records:
            memory.materialized[name] = record.storage_id
            work = _read(name, record, memory)
            if work is not None:
                yield work


def recall_sources(instance: dg.DagsterInstance, memory: Memory, sources: Sequence[str]) -> None:
    """Look up sources that the memory lacks, as after its loss; forget those that are gone."""
    for source in set(sources) - set(memory.sources):
        memory.sources[source] = SourceState()
        for asset in sorted({teller for teller, _ in _STATE.values()}):
            wanted = dg.AssetRecordsFilter(asset_key=dg.AssetKey(asset), asset_partitions=[source])
            for record in instance.fetch_materializations(wanted, limit=1).records:
                _read(asset, record, memory)
    memory.sources = {name: state for name, state in memory.sources.items() if name in sources}


def _read(asset: str, record: dg.EventLogRecord, memory: Memory) -> Work | None:
    """Return what a materialization tells, noting in the memory how its source is now."""
    made = record.asset_materialization
    if made is None or made.partition is None:
        return None
    metadata = {name: _number(value) for name, value in made.metadata.items()}
    state = memory.sources.setdefault(made.partition, SourceState())
    if asset == "raw_html":
        state.crawled = record.timestamp
    for field, (teller, name) in _STATE.items():
        # A release that stayed the same is not asked again: its recall is the one that was told last.
        if teller == asset and (metadata.get(name) is not None or asset == "raw_html"):
            setattr(state, field, metadata.get(name))
    values = figures_told(made)
    done = sum(value for name, value in metadata.items() if name.endswith(" worked on") and value)
    quarantined = values.get(ROWS_QUARANTINED, 0.0)
    if most := max(done, quarantined):
        values[QUARANTINED_PERCENT] = 100 * quarantined / most
    return Work(asset, made.partition, datetime.fromtimestamp(record.timestamp, UTC), values)


def figures_told(made: dg.AssetMaterialization) -> dict[MetricKind, float]:
    """Return the figures in the metadata of a materialization."""
    found = {kind: _number(made.metadata[name]) for kind, name in _METADATA.items() if name in made.metadata}
    return {kind: value for kind, value in found.items() if value is not None}


def _number(value: dg.MetadataValue[Any]) -> float | None:
    """None also for what is not finite: a line of metrics cannot say it, and the look would fail again and again."""
    number = value.value
    is_number = isinstance(number, int | float) and not isinstance(number, bool) and math.isfinite(number)
    return float(number) if is_number else None
