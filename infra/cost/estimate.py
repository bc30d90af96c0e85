"""A month of a stage, from its configuration. `python -m infra.cost.estimate` prints the table of the handbook.

Asked for nothing: CloudFront (its free tier holds 1 TB and ten million requests), Lambda and DynamoDB (small change at
this size). Not counted: language models, the Upstash index, taxes.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

from infra.config.stage_config import StageConfig, read_stage
from infra.config.workload import TaskSize
from infra.cost import price

STAGES = ("dev", "staging", "prod")

RUN_HOURS, WORKER_HOURS = 30.0, 10.0
"""Of a month: a recrawl of an hour every night, and a few backfills."""

GIGABYTES_OF_LOGS, GIGABYTES_OF_DATA = 10.0, 50.0
_DAGSTER_SERVICES, _DATABASES, _SECRETS, _ALARMS, _OWN_METRICS = 3, 2, 5, 10, 40


def estimate(config: StageConfig) -> dict[str, float]:
    """Return dollars a month by line, for the tasks that run at rest."""
    lines = {
        "Chat (Fargate)": _chat(config),
        "Dagster's services (Fargate)": _DAGSTER_SERVICES * _task(config, config.dagster.size, spot=not config.is_prod),
        "Runs and workers (Fargate)": (
            RUN_HOURS * _hour(config, config.dagster.run_size)
            + WORKER_HOURS * _hour(config, config.dagster.worker_size)
        ),
        "Databases (RDS)": _databases(config),
        "Load balancer": _balancers(config) * price.HOURS * (price.BALANCER_HOUR + price.BALANCER_UNIT_HOUR),
        "Public addresses": price.HOURS
        * price.ADDRESS_HOUR
        * (config.chat.least + _DAGSTER_SERVICES + _balancers(config) * len(config.zones)),
        "VPC endpoints": price.HOURS * price.ENDPOINT_HOUR * len(config.interface_endpoints) * len(config.zones),
        "Firewall": _firewall(config),
        "CloudWatch": GIGABYTES_OF_LOGS * price.LOG_GIGABYTE
        + _ALARMS * price.ALARM
        + price.DASHBOARD
        + _OWN_METRICS * price.OWN_METRIC,
        "S3": GIGABYTES_OF_DATA * price.OBJECT_GIGABYTE,
        "Secrets and names": _SECRETS * price.SECRET + (price.ZONE if config.domain else 0.0),
    }
    return {**lines, "Total": sum(lines.values())}


def table(configs: Sequence[StageConfig]) -> str:
    """Return the estimates side by side, as markdown."""
    columns = [estimate(config) for config in configs]
    head = "| US dollars a month | " + " | ".join(config.stage for config in configs) + " |"
    rows = [f"| {name} | " + " | ".join(f"{column[name]:.0f}" for column in columns) + " |" for name in columns[0]]
    return "\n".join([head, "| --- |" + " --: |" * len(configs), *rows])


def _hour(config: StageConfig, size: TaskSize) -> float:
    cores, gigabytes = size.cpu / 1024, size.memory / 1024
    return cores * price.VCPU_HOUR[config.architecture] + gigabytes * price.GIGABYTE_HOUR[config.architecture]


def _task(config: StageConfig, size: TaskSize, *, spot: bool) -> float:
    return price.HOURS * _hour(config, size) * (price.SPOT_SHARE if spot else 1.0)


def _balancers(config: StageConfig) -> int:
    return 2 if config.dagster.entry else 1


def _chat(config: StageConfig) -> float:
    steady = min(config.chat.on_demand, config.chat.least)
    return steady * _task(config, config.chat.size, spot=False) + (config.chat.least - steady) * _task(
        config, config.chat.size, spot=True
    )


def _databases(config: StageConfig) -> float:
    """Errors: KeyError for an instance class whose price is not known here."""
    copies = 2 if config.database.multi_az else 1
    one = (
        price.HOURS * price.DATABASE_HOUR[config.database.instance]
        + config.database.gigabytes * price.DATABASE_GIGABYTE
    )
    return _DATABASES * copies * one


def _firewall(config: StageConfig) -> float:
    own = 1 + bool(config.firewall.blocked_addresses) + bool(config.firewall.blocked_countries)
    managed = 3 + config.firewall.bot_control
    return price.FIREWALL + (own + managed) * price.FIREWALL_RULE + config.firewall.bot_control * price.BOT_CONTROL


if __name__ == "__main__":
    sys.stdout.write(table([read_stage(stage) for stage in STAGES]) + "\n")
