"""Metrics that the stage writes itself, named as the chat, the pipeline, the collector and the canary write them."""

from __future__ import annotations

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch

from infra.config.stage_config import StageConfig
from infra.parts.collector import STAGE, namespace

SERVICE = "pages"
"""What the function calls itself in its metrics."""

_PERIOD = Duration.minutes(5)


def own_metric(
    config: StageConfig,
    name: str,
    statistic: str,
    label: str | None = None,
    *,
    period: Duration = _PERIOD,
    **dimensions: str,
) -> cloudwatch.Metric:
    """Return a metric of the stage: the series that has these dimensions and no others."""
    return cloudwatch.Metric(
        namespace=namespace(config),
        metric_name=name,
        dimensions_map={STAGE: config.stage, **dimensions},
        statistic=statistic,
        label=label,
        period=period,
    )


def search_by(
    config: StageConfig, name: str, dimension: str, label: str, statistic: str = "Sum"
) -> cloudwatch.MathExpression:
    """Return one line for each value of a dimension, such as each model, whatever values there are."""
    schema = f"{{{namespace(config)},{STAGE},{dimension}}}"
    return cloudwatch.MathExpression(
        expression=f"SEARCH('{schema} MetricName=\"{name}\" {STAGE}=\"{config.stage}\"', '{statistic}', 300)",
        using_metrics={},
        label=label,
    )


def of_function(config: StageConfig, *names: str) -> list[cloudwatch.Metric]:
    """Return sums of what the function counts by itself. Powertools gives its metrics one dimension, the service."""
    return [
        cloudwatch.Metric(
            namespace=namespace(config),
            metric_name=name,
            dimensions_map={"service": SERVICE},
            statistic="Sum",
            label=name.lower(),
            period=_PERIOD,
        )
        for name in names
    ]
