"""The collector beside the chat: traces go to X-Ray, and what `/metrics` says of the process becomes metrics. It reads
`/metrics` from within the task, which needs no key.

Turns are not among them. The collector makes statistic sets of Prometheus' histograms, which have no percentiles; so
the chat itself writes a line for each turn into its log."""

from __future__ import annotations

import json

from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_logs as logs

from infra.config.stage_config import StageConfig
from infra.parts.guard import CHAT_PORT
from infra.parts.log_group import log_group
from infra.parts.traces import allow_tracing

TRACES_PORT = 4318
STAGE = "stage"
"""Dimension of every metric; some have another one beside it."""


METRICS: dict[str, tuple[str, ...]] = {
    "lorechat_turns_running": (),
    "lorechat_open_pages": (),
    "lorechat_breaker_open": ("model",),
    "lorechat_refusals_total": ("status",),
    "lorechat_budget_refusals_total": (),
}
"""Metrics of the chat's process that are sent on, with their dimensions beside the stage."""


def namespace(config: StageConfig) -> str:
    """Where the stage's own metrics are in CloudWatch."""
    return f"LoreChat/{config.stage}"


def add_collector(task: ecs.FargateTaskDefinition, *, config: StageConfig) -> None:
    """Add the collector to the chat's task, with the rights to write its metrics and traces."""
    metrics = log_group(task, "Metrics", config=config)
    task.add_container(
        "collector",
        image=ecs.ContainerImage.from_registry(config.images.collector),
        essential=False,  # the chat answers without it
        environment={"AOT_CONFIG_CONTENT": json.dumps(_settings(config, metrics))},
        readonly_root_filesystem=True,
        memory_limit_mib=256,
        logging=ecs.LogDriver.aws_logs(stream_prefix="collector", log_group=log_group(task, "Lines", config=config)),
    )
    metrics.grant_write(task.task_role)
    metrics.grant(task.task_role, "logs:DescribeLogStreams")
    allow_tracing(task, "xray:PutTelemetryRecords")


def _settings(config: StageConfig, metrics: logs.ILogGroup) -> dict[str, object]:
    target = {"targets": [f"127.0.0.1:{CHAT_PORT}"], "labels": {STAGE: config.stage}}
    scrape = {"job_name": "chat", "scrape_interval": "60s", "static_configs": [target]}
    return {
        "extensions": {"health_check": {}},
        "receivers": {
            "prometheus": {"config": {"scrape_configs": [scrape]}},
            "otlp": {"protocols": {"http": {"endpoint": f"127.0.0.1:{TRACES_PORT}"}}},
        },
        "processors": {"batch": {}},
        "exporters": {
            "awsemf": {
                "namespace": namespace(config),
                "region": config.region,
                "log_group_name": metrics.log_group_name,
                "log_stream_name": "{TaskId}",
                "resource_to_telemetry_conversion": {"enabled": False},
                "dimension_rollup_option": "NoDimensionRollup",
                "metric_declarations": [
                    {
                        "dimensions": [[STAGE, *further]],
                        "metric_name_selectors": [f"^{name}$"],
                    }
                    for name, further in METRICS.items()
                ],
            },
            "awsxray": {"region": config.region},
        },
        "service": {
            "extensions": ["health_check"],
            "pipelines": {
                "metrics": {"receivers": ["prometheus"], "processors": ["batch"], "exporters": ["awsemf"]},
                "traces": {"receivers": ["otlp"], "processors": ["batch"], "exporters": ["awsxray"]},
            },
        },
    }
