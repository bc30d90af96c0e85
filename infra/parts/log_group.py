"""Log groups that end with their time, and have no name of their own: one kept by prod would stand in the way of the
next deployment after `make destroy`."""

from __future__ import annotations

from aws_cdk import RemovalPolicy
from aws_cdk import aws_logs as logs
from constructs import Construct

from infra.config.stage_config import StageConfig

_DAYS = {
    1: logs.RetentionDays.ONE_DAY,
    3: logs.RetentionDays.THREE_DAYS,
    7: logs.RetentionDays.ONE_WEEK,
    14: logs.RetentionDays.TWO_WEEKS,
    30: logs.RetentionDays.ONE_MONTH,
    90: logs.RetentionDays.THREE_MONTHS,
    180: logs.RetentionDays.SIX_MONTHS,
    365: logs.RetentionDays.ONE_YEAR,
}


def log_group(scope: Construct, id: str, *, config: StageConfig, name: str | None = None) -> logs.LogGroup:
    """Return a log group whose lines live the stage's days. Without a name, prod's outlives its stack."""
    keep = config.is_prod and name is None
    return logs.LogGroup(
        scope,
        id,
        log_group_name=name,
        retention=_DAYS[config.watch.log_days],
        removal_policy=RemovalPolicy.RETAIN if keep else RemovalPolicy.DESTROY,
    )
