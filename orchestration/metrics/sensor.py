"""The sensor that tells CloudWatch of the pipeline.

It reads what Dagster's storage knows already and runs nothing. Sensors are looked at in the process that serves the
code, whose output is the container's log; the output of runs is not, as Dagster captures it for its own pages. So it
does not matter where a run or its workers are, nor how they end.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import dagster as dg

from data_contracts.metric_line import metric_line
from orchestration.jobs import FLOW
from orchestration.metrics.memory import Memory
from orchestration.partitions import PARTITIONS

if TYPE_CHECKING:
    from orchestration.settings import PipelineSettings

OTHERS = "(others)"
"""The sources beyond those that have figures of their own."""

_ASSETS = [asset.key for asset in FLOW]


@dg.sensor(
    name="metrics",
    minimum_interval_seconds=60,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Writes figures of pages, runs and queue into the log where `LORECHAT_METRICS` says so; runs nothing.",
)
def metrics(context: dg.SensorEvaluationContext) -> dg.SensorResult | dg.SkipReason:
    """Write the figures of a minute. The cursor holds what was counted already."""
    from orchestration.settings import PipelineSettings

    settings = PipelineSettings()
    if not settings.metrics:
        return dg.SkipReason("LORECHAT_METRICS is not set, so no figures are written")
    now = datetime.now(UTC)
    memory = Memory.parse(context.cursor, now)
    lines = list(metric_lines(context.instance, settings, memory, now))
    memory.advance(now)
    # Once everything is known: a look that fails half-way is made again, and must not have counted anything.
    sys.stdout.write("".join(lines))
    sys.stdout.flush()
    return dg.SensorResult(skip_reason=f"{len(lines)} lines of figures written", cursor=memory.model_dump_json())


def metric_lines(
    instance: dg.DagsterInstance, settings: PipelineSettings, memory: Memory, now: datetime
) -> Iterator[str]:
    """Yield a line about runs, one for each materialization since the last look, one for each of the first sources and
    one for all others: lines cost money, too."""
    from orchestration.metrics.freshness import source_figures, together
    from orchestration.metrics.run_figures import ended_figures, queue_figures
    from orchestration.metrics.work_figures import new_work, recall_sources

    stage = settings.metrics_stage
    sources = sorted(instance.get_dynamic_partitions(PARTITIONS))
    named = set(sources[: settings.metrics_sources])
    yield metric_line(stage, now, {**queue_figures(instance, now), **ended_figures(instance, memory)})
    recall_sources(instance, memory, sources)
    for work in new_work(instance, _ASSETS, memory):
        label = work.source if work.source in named else OTHERS
        yield metric_line(stage, work.at, work.values, asset=work.asset, source=label)
    listed = settings.catalog().listing().sources
    others = []
    for name in sources:
        schedule = listed[name].schedule if name in listed else None
        figures = source_figures(memory.sources[name], schedule, now)
        if name not in named:
            others.append(figures)
        elif figures:
            yield metric_line(stage, now, figures, source=name)
    if merged := together(others):
        yield metric_line(stage, now, merged, source=OTHERS)
