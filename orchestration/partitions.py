"""Partitions in step with the source files: a source that has a file has a partition."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import TYPE_CHECKING

import dagster as dg

from assets.policy import SOURCES
from orchestration.jobs import build_source
from orchestration.run_tag import source_tags

if TYPE_CHECKING:
    from scrapers.source_catalog import SourceCatalog

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
    job=build_source,
    minimum_interval_seconds=15,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Gives each source file a partition and its first build, and takes the partition of a deleted file.",
)
def source_files(context: dg.SensorEvaluationContext) -> dg.SensorResult:
    """Compare files and partitions.

    A first build is asked for together with the partition, so it is asked once: whoever builds a source otherwise, as
    `lorechat up` does, adds its partition first.

    A partition goes when its file was missing at two looks in a row, which the cursor remembers: an editor that saves a
    file, or a version control that changes it, takes it away for a moment, and the partition's return would be a
    first build.
    """
    from orchestration.settings import PipelineSettings

    catalog = PipelineSettings().catalog()
    listing = catalog.listing()
    partitions = set(context.instance.get_dynamic_partitions(PARTITIONS))
    new = sorted(set(listing.sources) - partitions)
    missing = _missing(partitions, catalog)
    gone = sorted(missing & set(json.loads(context.cursor or "[]")))
    if gone:
        context.log.info(f"no file any more: {', '.join(gone)}. Their partitions go; pages and index are kept.")
    changes = [SOURCES.build_add_request(new)] * bool(new) + [SOURCES.build_delete_request(gone)] * bool(gone)
    return dg.SensorResult(
        run_requests=[dg.RunRequest(partition_key=name, tags=source_tags(name)) for name in new],
        dynamic_partitions_requests=changes,
        skip_reason=None if new else _reason(len(listing.sources), gone, listing.problems),
        cursor=json.dumps(sorted(missing)),
    )


def _missing(partitions: set[str], catalog: SourceCatalog) -> set[str]:
    """Return the partitions without a file; none while a place of files cannot be read."""
    from lake import LakeUnreachable
    from scrapers.error import SourceError

    try:
        return partitions - catalog.names()
    except (LakeUnreachable, SourceError):
        return set()


def _reason(sources: int, gone: list[str], problems: tuple[str, ...]) -> str:
    """Say in the sensor's tick why nothing is built."""
    said = [f"taken away, as their file is gone: {', '.join(gone)}"] if gone else []
    return "\n".join((f"{sources} sources have their partition", *said, *problems))
