"""The sensor that sends a trace of each run that has ended to X-Ray. It runs nothing."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import dagster as dg
from dagster import DagsterRunStatus

from orchestration.error import BadInput
from orchestration.metrics.ended import ended_runs
from orchestration.metrics.memory import Memory
from orchestration.run_trace import segment_of

if TYPE_CHECKING:
    from orchestration.settings import PipelineSettings

_ENDED = (DagsterRunStatus.SUCCESS, DagsterRunStatus.FAILURE, DagsterRunStatus.CANCELED)
_AT_ONCE = 10  # at 64 kB each


@dg.sensor(
    name="traces",
    minimum_interval_seconds=60,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Sends a trace of each run that has ended to X-Ray where `LORECHAT_TRACES` says so; runs nothing.",
)
def traces(context: dg.SensorEvaluationContext) -> dg.SensorResult | dg.SkipReason:
    """Send what ended since the last look. What X-Ray does not take is sent again for ten minutes; when it cannot be
    asked at all, the look fails with its words and is made again."""
    from orchestration.settings import PipelineSettings

    settings = PipelineSettings()
    if not settings.traces:
        return dg.SkipReason("LORECHAT_TRACES is not set, so no traces are sent")
    now = datetime.now(UTC)
    memory = Memory.parse(context.cursor, now)
    refused = list(send_traces(context.instance, settings, memory))
    for said in refused:
        context.log.warning(said)
    memory.advance(now)
    said = f"{len(refused)} traces were not taken, see the log" if refused else "every run that ended has its trace"
    return dg.SensorResult(skip_reason=said, cursor=memory.model_dump_json())


def send_traces(instance: dg.DagsterInstance, settings: PipelineSettings, memory: Memory) -> Iterator[str]:
    """Send the runs that the memory does not hold, and note them; yield what X-Ray says of those it did not take.

    Errors: BadInput where boto3 is not installed; those of botocore, when X-Ray cannot be reached or this role may not
    write there.
    """
    ended = list(ended_runs(instance, memory, _ENDED))
    if not ended:
        return
    client = _client(settings.s3_region)
    for first in range(0, len(ended), _AT_ONCE):
        some = ended[first : first + _AT_ONCE]
        segments = [
            segment_of(record, end, instance.get_run_step_stats(record.dagster_run.run_id), settings.metrics_stage)
            for record, end in some
        ]
        documents = [json.dumps(segment, allow_nan=False) for segment in segments]
        answer = client.put_trace_segments(TraceSegmentDocuments=documents)
        missed = {one.get("Id", ""): one for one in answer["UnprocessedTraceSegments"]}
        for segment, (record, end) in zip(segments, some, strict=True):
            run_id = record.dagster_run.run_id
            if segment["id"] in missed:
                why = missed[segment["id"]]
                yield f"X-Ray did not take the trace of run {run_id}: {why.get('ErrorCode')} {why.get('Message', '')}"
            else:
                memory.ended[run_id] = end


def _client(region: str) -> Any:
    try:
        import boto3
        from botocore.config import Config
    except ModuleNotFoundError as error:
        raise BadInput(
            "LORECHAT_TRACES=xray needs boto3, which is not installed: pip install 'lorechat[aws]', or leave it empty"
        ) from error
    # A look may take a minute in all.
    hasty = Config(connect_timeout=5, read_timeout=10, retries={"mode": "standard", "max_attempts": 2})
    return boto3.client("xray", region_name=region, config=hasty)
