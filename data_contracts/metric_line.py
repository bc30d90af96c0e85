"""A metric as a line of a log: CloudWatch's embedded metric format, which needs no client, no credentials and no
network where it is written. CloudWatch Logs makes metrics of every such line that reaches it, each value for itself, so
percentiles are those of real values.

The format: "Specification: Embedded metric format" in the user guide of Amazon CloudWatch.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

STAGE = "stage"
"""Dimension of every metric: the deployment that it is about (dev, staging, prod)."""

Unit = Literal["Count", "Seconds", "Percent", "None"]


@dataclass(frozen=True, slots=True)
class MetricKind:
    """A metric that may be written. CloudWatch keeps and bills one metric for each value of each set in `by`, whose
    names stand beside the stage; so a dimension takes few values."""

    name: str
    unit: Unit
    by: tuple[tuple[str, ...], ...] = ((),)


def metric_namespace(stage: str) -> str:
    """Return where the metrics of a deployment are in CloudWatch."""
    return f"LoreChat/{stage}"


def metric_line(stage: str, at: datetime, values: Mapping[MetricKind, float], **labels: str) -> str:
    """Return one line, with its end. `labels` are the values of the dimensions that the metrics name."""
    kinds_by_sets: dict[tuple[tuple[str, ...], ...], list[MetricKind]] = {}
    for kind in values:
        kinds_by_sets.setdefault(kind.by, []).append(kind)
    directives = [
        {
            "Namespace": metric_namespace(stage),
            "Dimensions": [[STAGE, *names] for names in sets],
            "Metrics": [{"Name": kind.name, "Unit": kind.unit} for kind in kinds],
        }
        for sets, kinds in kinds_by_sets.items()
    ]
    line = {
        "_aws": {"Timestamp": round(at.timestamp() * 1000), "CloudWatchMetrics": directives},
        STAGE: stage,
        **{name: value or "none" for name, value in labels.items()},  # CloudWatch refuses an empty dimension
        **{kind.name: round(value, 6) for kind, value in values.items()},
    }
    return json.dumps(line, allow_nan=False) + "\n"
