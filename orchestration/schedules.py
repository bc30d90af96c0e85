"""Recrawls by the cron expression in each source's file.

One sensor instead of a Dagster schedule for each source: sources come and go, and their schedules change, without the
code being loaded again.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import dagster as dg

from orchestration.jobs import recrawl_source
from orchestration.partitions import PARTITIONS
from orchestration.run_tag import is_busy, source_tags

if TYPE_CHECKING:
    from data_contracts.source import Source
    from scrapers.source_catalog import SourceListing


@dg.sensor(
    name="recrawl_schedules",
    job=recrawl_source,
    minimum_interval_seconds=15,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Crawls a source again at the times that `schedule` in its file names (cron, in UTC).",
)
def recrawl_schedules(context: dg.SensorEvaluationContext) -> dg.SensorResult:
    """Ask for the recrawls that are due. The cursor holds the last time that was seen to, for each schedule."""
    from orchestration.settings import PipelineSettings

    listing = PipelineSettings().catalog().listing()
    seen = _parse(context.cursor)
    times = {key: at for key, at in seen.items() if _stays(key, listing)}
    requests = []
    for source in _scheduled(context.instance, listing):
        key, now = f"{source.name} {source.schedule}", datetime.now(UTC)
        times[key] = seen.get(key, now)
        tick = last_tick(source.schedule or "", now)
        # A source that is busy stays due, so that times missed meanwhile end in one crawl and runs never pile up.
        if tick > times[key] and not is_busy(context.instance, source.name):
            times[key] = tick
            requests.append(_request(source, tick))
    return dg.SensorResult(
        run_requests=requests,
        skip_reason=None if requests else f"{len(times)} schedules, none of them due",
        cursor=json.dumps({key: at.isoformat() for key, at in sorted(times.items())}),
    )


def last_tick(schedule: str, now: datetime) -> datetime:
    """Return the last time before `now` that a cron expression names."""
    from cronsim import CronSim

    return next(CronSim(schedule, now, reverse=True))


def _scheduled(instance: dg.DagsterInstance, listing: SourceListing) -> Iterator[Source]:
    partitions = set(instance.get_dynamic_partitions(PARTITIONS))
    for name, source in listing.sources.items():
        if source.schedule and name in partitions:
            yield source


def _stays(key: str, listing: SourceListing) -> bool:
    """Whether a schedule is to be remembered although its source cannot be read at the moment."""
    name = key.partition(" ")[0]
    return name not in listing.sources and (name in listing.names or not listing.is_complete)


def _request(source: Source, tick: datetime) -> dg.RunRequest:
    return dg.RunRequest(
        run_key=f"{source.name} {tick.isoformat()}",
        partition_key=source.name,
        tags={**source_tags(source.name), "lorechat/scheduled": tick.isoformat()},
    )


def _parse(cursor: str | None) -> Mapping[str, datetime]:
    return {key: datetime.fromisoformat(at) for key, at in json.loads(cursor or "{}").items()}
