"""Builds what was dropped into the source bucket into the index: a sensor that asks for a run of the source."""

from __future__ import annotations

import dagster as dg

from orchestration.drop_watch import DropMemory, DropRun, look_for_drops
from orchestration.jobs import build_source
from orchestration.partitions import PARTITIONS
from orchestration.run_tag import is_busy, source_tags


@dg.sensor(
    name="drops",
    job=build_source,
    minimum_interval_seconds=30,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Brings pages into the index that came into the lake without a run: what Lambda reads of incoming/.",
)
def drops(context: dg.SensorEvaluationContext) -> dg.SensorResult | dg.SkipReason:
    """Ask for a build of each source with new drops; its site is not crawled for that."""
    from lake import LakeUnreachable
    from orchestration.settings import PipelineSettings

    partitions = context.instance.get_dynamic_partitions(PARTITIONS)
    try:
        look = look_for_drops(
            PipelineSettings().lake(),
            DropMemory.parse(context.cursor),
            partitions,
            is_busy=lambda source: is_busy(context.instance, source),
        )
    except LakeUnreachable as error:
        return dg.SkipReason(str(error))
    return dg.SensorResult(
        run_requests=[_request(run) for run in look.runs],
        skip_reason=None if look.runs else "\n".join(look.remarks) or "no new drops",
        cursor=str(look.memory),
    )


def _request(run: DropRun) -> dg.RunRequest:
    return dg.RunRequest(
        run_key=run.key,
        partition_key=run.source,
        run_config={"ops": {"raw_html": {"config": {"inbox_only": True}}}},
        tags={**source_tags(run.source), "lorechat/drops": str(run.drops)},
    )
