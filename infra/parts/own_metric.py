"""Metrics that the stage writes itself, named as the collector and the canary write them."""

from __future__ import annotations

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch

from infra.config.stage_config import StageConfig
from infra.parts.collector import STAGE, namespace

_PERIOD = Duration.minutes(5)


def own_metric(
    config: StageConfig, name: str, statistic: str, label: str, *, period: Duration = _PERIOD
) -> cloudwatch.Metric:
    """Return a metric over all models, doors and outcomes of the stage."""
    return cloudwatch.Metric(
        namespace=namespace(config),
        metric_name=name,
        dimensions_map={STAGE: config.stage},
        statistic=statistic,
        label=label,
        period=period,
    )


def search_by(config: StageConfig, name: str, dimension: str, label: str) -> cloudwatch.MathExpression:
    """Return one line for each value of a dimension, such as each model, whatever values there are."""
    schema = f"{{{namespace(config)},{STAGE},{dimension}}}"
    return cloudwatch.MathExpression(
        expression=f"SEARCH('{schema} MetricName=\"{name}\" {STAGE}=\"{config.stage}\"', 'Sum', 300)",
        using_metrics={},
        label=label,
    )
