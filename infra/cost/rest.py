"""A month in which nobody asks: what runs all the same."""

from __future__ import annotations

from infra.config.stage_config import StageConfig
from infra.cost import price
from infra.cost.assumption import AtRest
from infra.cost.fargate import hour, month

_DAGSTER_SERVICES, _DATABASES, _SECRETS, _ALARMS, _COMPOSITE_ALARMS = 3, 2, 5, 19, 2
_OWN_METRICS = 85
"""Series of three sources and two models; a further source has 7 more, up to LORECHAT_METRICS_SOURCES."""


def at_rest(config: StageConfig, assumed: AtRest = AtRest()) -> dict[str, float]:  # noqa: B008  it is frozen
    """Return dollars a month by line, for the tasks that run at rest. Errors: KeyError for an instance class of the
    database whose price is not known here."""
    balancers = 2 if config.dagster.entry else 1
    addresses = config.chat.least + _DAGSTER_SERVICES + balancers * len(config.zones)
    return {
        "Chat (Fargate)": _chat(config),
        "Dagster's services (Fargate)": _DAGSTER_SERVICES * month(config, config.dagster.size, spot=not config.is_prod),
        "Runs and workers (Fargate)": assumed.run_hours * hour(config, config.dagster.run_size)
        + assumed.worker_hours * hour(config, config.dagster.worker_size),
        "Databases (RDS)": _databases(config),
        "Load balancer": balancers * price.HOURS * (price.BALANCER_HOUR + price.BALANCER_UNIT_HOUR),
        "Public addresses": price.HOURS * price.ADDRESS_HOUR * addresses,
        "VPC endpoints": price.HOURS * price.ENDPOINT_HOUR * len(config.interface_endpoints) * len(config.zones),
        "Firewall": _firewall(config),
        "CloudWatch": assumed.log_gigabytes * price.LOG_GIGABYTE
        + _ALARMS * price.ALARM
        + _COMPOSITE_ALARMS * price.COMPOSITE_ALARM
        + price.DASHBOARD
        + _OWN_METRICS * price.OWN_METRIC,
        "S3": assumed.data_gigabytes * price.OBJECT_GIGABYTE,
        "Secrets and names": _SECRETS * price.SECRET + (price.ZONE if config.domain else 0.0),
    }


def _chat(config: StageConfig) -> float:
    steady = min(config.chat.on_demand, config.chat.least)
    size = config.chat.size
    return steady * month(config, size) + (config.chat.least - steady) * month(config, size, spot=True)


def _databases(config: StageConfig) -> float:
    copies = 2 if config.database.multi_az else 1
    instance = price.HOURS * price.DATABASE_HOUR[config.database.instance]
    return _DATABASES * copies * (instance + config.database.gigabytes * price.DATABASE_GIGABYTE)


def _firewall(config: StageConfig) -> float:
    own = 1 + bool(config.firewall.blocked_addresses) + bool(config.firewall.blocked_countries)
    managed = 3 + config.firewall.bot_control
    return price.FIREWALL + (own + managed) * price.FIREWALL_RULE + config.firewall.bot_control * price.BOT_CONTROL
