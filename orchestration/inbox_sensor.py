"""Reads what is dropped into the inbox, wherever the lake lies: a sensor that asks for a run of the source."""

from __future__ import annotations

import dagster as dg

from orchestration.inbox_watch import InboxMemory, InboxRun, InboxWatch
from orchestration.jobs import build_source
from orchestration.partitions import PARTITIONS
from orchestration.run_tag import is_busy, source_tags


@dg.sensor(
    name="inbox",
    job=build_source,
    minimum_interval_seconds=15,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Reads files that are dropped below inbox/<source>/ of the lake's place, once each has settled.",
)
def inbox(context: dg.SensorEvaluationContext) -> dg.SensorResult | dg.SkipReason:
    """Ask for a build of each source with new files; its site is not crawled for that."""
    from lake import LakeUnreachable
    from orchestration.settings import PipelineSettings

    settings = PipelineSettings()
    watch = InboxWatch(
        settings.catalog(), settings.lake(), settings.objects(), settle_seconds=settings.inbox_settle_seconds
    )
    partitions = set(context.instance.get_dynamic_partitions(PARTITIONS))
    try:
        look = watch.look(
            InboxMemory.parse(context.cursor),
            is_known=partitions.__contains__,
            is_busy=lambda source: is_busy(context.instance, source),
        )
    except LakeUnreachable as error:
        return dg.SkipReason(str(error))
    for remark in look.remarks:
        context.log.info(remark)
    return dg.SensorResult(
        run_requests=[_request(run) for run in look.runs],
        skip_reason=None if look.runs else "\n".join(look.remarks) or "nothing new in the inbox",
        cursor=str(look.memory),
    )


def _request(run: InboxRun) -> dg.RunRequest:
    return dg.RunRequest(
        run_key=run.key,
        partition_key=run.source,
        run_config={"ops": {"raw_html": {"config": {"inbox_only": True}}}},
        tags={**source_tags(run.source), "lorechat/inbox_files": str(run.files)},
    )
