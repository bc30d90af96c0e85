"""What every part of the pipeline is told about the lake and the index."""

from __future__ import annotations

from aws_cdk import aws_s3 as s3

from infra.config.stage_config import StageConfig
from infra.parts.prefix import LAKE_PREFIX


def lake_environment(config: StageConfig, lake: s3.IBucket) -> dict[str, str]:
    """Return the settings; credentials come from each part's own role."""
    return {
        "LORECHAT_LAKE": f"s3://{lake.bucket_name}/{LAKE_PREFIX}",
        "LORECHAT_S3_REGION": config.region,
        "LORECHAT_VECTOR_STORE": "upstash",
        "LORECHAT_UPSTASH_PREFIX": config.prefix,
    }
