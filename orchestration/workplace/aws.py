"""What opens AWS for those who start workers: clients under Dagster's own role."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import boto3

_LONGEST_INVOCATION = 900
"""Seconds; the most that AWS gives a function."""


@dataclass(frozen=True)
class AwsClients:
    """Clients of `lambda`, `ecs` and `s3`; each may be used by many threads."""

    functions: Any
    tasks: Any
    objects: Any


def aws_clients(
    session: boto3.Session, region: str, lake_options: Mapping[str, str], *, endpoint: str | None = None
) -> AwsClients:
    """Make the clients. S3 is opened as the lake is; `endpoint` is for an account that is not Amazon's."""
    from botocore.config import Config

    # Asked once and waited for: a second call would be a second worker, while the first still works.
    patient = Config(
        connect_timeout=10,
        read_timeout=_LONGEST_INVOCATION + 30,
        retries={"total_max_attempts": 1},
        tcp_keepalive=True,
        max_pool_connections=110,
    )
    usual = Config(retries={"mode": "standard", "max_attempts": 5}, max_pool_connections=110)
    return AwsClients(
        functions=session.client("lambda", region_name=region, endpoint_url=endpoint, config=patient),
        tasks=session.client("ecs", region_name=region, endpoint_url=endpoint, config=usual),
        objects=session.client(
            "s3",
            region_name=lake_options.get("AWS_REGION", region),
            endpoint_url=lake_options.get("AWS_ENDPOINT_URL") or endpoint,
            aws_access_key_id=lake_options.get("AWS_ACCESS_KEY_ID"),
            aws_secret_access_key=lake_options.get("AWS_SECRET_ACCESS_KEY"),
            config=usual,
        ),
    )
