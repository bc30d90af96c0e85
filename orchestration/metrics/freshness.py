"""How old the pages of a source are, and whether its recrawl is late."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime

from data_contracts.metric_line import MetricKind
from orchestration.metrics.kind import (
    GOLDEN_RECALL,
    HEADING_RECALL,
    LIVE_PAGES,
    MEDIAN_PAGE_HOURS,
    OLDEST_PAGE_HOURS,
    OVERDUE_HOURS,
    RELEASE_HOURS,
)
from orchestration.metrics.memory import SourceState


def source_figures(state: SourceState, schedule: str | None, now: datetime) -> dict[MetricKind, float]:
    """Return what is known of a source. A page's age is the time since it was last seen to be there."""
    figures = {
        LIVE_PAGES: state.pages,
        OLDEST_PAGE_HOURS: _hours(state.oldest, now),
        MEDIAN_PAGE_HOURS: _hours(state.median, now),
        OVERDUE_HOURS: overdue_hours(state.crawled, schedule, now),
        RELEASE_HOURS: _hours(state.released, now),
        GOLDEN_RECALL: None if state.golden is None else 100 * state.golden,
        HEADING_RECALL: None if state.heading is None else 100 * state.heading,
    }
    return {kind: float(value) for kind, value in figures.items() if value is not None}


def together(sources: Sequence[Mapping[MetricKind, float]]) -> dict[MetricKind, float]:
    """Return figures of several sources as those of one: all pages, the worst of everything else."""
    values: dict[MetricKind, list[float]] = {}
    for figures in sources:
        for kind, value in figures.items():
            values.setdefault(kind, []).append(value)
    return {kind: _worst(kind)(found) for kind, found in values.items()}


def _worst(kind: MetricKind) -> Callable[[Sequence[float]], float]:
    if kind is LIVE_PAGES:
        return sum
    return min if kind in (GOLDEN_RECALL, HEADING_RECALL) else max


def overdue_hours(crawled: float | None, schedule: str | None, now: datetime) -> float | None:
    """Return hours since the first time after the last crawl at which the schedule (cron, in UTC) wanted another one; 0
    while none is due, None without a schedule or a crawl."""
    if crawled is None or not schedule:
        return None
    from cronsim import CronSim

    due = next(CronSim(schedule, datetime.fromtimestamp(crawled, UTC)), None)  # no more: the times it names are over
    return None if due is None else max(0.0, (now - due).total_seconds() / 3600)


def _hours(since: float | None, now: datetime) -> float | None:
    return None if since is None else max(0.0, now.timestamp() - since) / 3600
