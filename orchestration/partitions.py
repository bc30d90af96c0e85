"""Partitions in step with the source files: a source that has a file has a partition."""

from __future__ import annotations

from collections.abc import Iterable

import dagster as dg

from assets.policy import SOURCES

PARTITIONS = SOURCES.name or "source"


def add_partitions(instance: dg.DagsterInstance, names: Iterable[str]) -> list[str]:
    """Add the partitions that are missing and return them."""
    known = set(instance.get_dynamic_partitions(PARTITIONS))
    new = sorted(set(names) - known)
    if new:
        instance.add_dynamic_partitions(PARTITIONS, new)
    return new


@dg.sensor(
    name="source_files",
    minimum_interval_seconds=30,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Gives each source file in the sources folder a partition, so that it can be materialized here.",
)
def source_files(context: dg.SensorEvaluationContext) -> dg.SensorResult | dg.SkipReason:
    """Look for new source files."""
    from orchestration.settings import PipelineSettings

    listing = PipelineSettings().catalog().listing()
    found = listing.sources
    new = sorted(set(found) - set(context.instance.get_dynamic_partitions(PARTITIONS)))
    if not new:
        return dg.SkipReason("\n".join((f"all {len(found)} sources have their partition", *listing.problems)))
    return dg.SensorResult(dynamic_partitions_requests=[SOURCES.build_add_request(new)])
