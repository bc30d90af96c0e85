"""What tasks cost."""

from __future__ import annotations

from infra.config.stage_config import StageConfig
from infra.config.workload import TaskSize
from infra.cost import price


def hour(config: StageConfig, size: TaskSize, *, spot: bool = False) -> float:
    """Return dollars of a task's hour."""
    cores, gigabytes = size.cpu / 1024, size.memory / 1024
    full = cores * price.VCPU_HOUR[config.architecture] + gigabytes * price.GIGABYTE_HOUR[config.architecture]
    return full * (price.SPOT_SHARE if spot else 1.0)


def month(config: StageConfig, size: TaskSize, *, spot: bool = False) -> float:
    """Return dollars of a task that always runs."""
    return price.HOURS * hour(config, size, spot=spot)
