"""Buckets of the stage's own data."""

from __future__ import annotations

from collections.abc import Sequence

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_s3 as s3
from constructs import Construct

from infra.config.stage_config import StageConfig


def data_bucket(
    scope: Construct, id: str, *, config: StageConfig, logs: s3.IBucket, short_lived: Sequence[str] = ()
) -> s3.Bucket:
    """Return a bucket: encrypted, versioned, reached by TLS alone, closed to the public. Objects below the prefixes
    `short_lived` go after the stage's log days; prod's bucket outlives its stack."""
    gone = Duration.days(config.watch.log_days)
    lasting = s3.LifecycleRule(
        id="old-versions",
        noncurrent_version_expiration=Duration.days(30),
        abort_incomplete_multipart_upload_after=Duration.days(2),
        expired_object_delete_marker=True,
    )
    # Parquet that nobody reads for a while moves to a cheaper tier by itself.
    tiering = s3.LifecycleRule(
        id="tiering",
        transitions=[
            s3.Transition(storage_class=s3.StorageClass.INTELLIGENT_TIERING, transition_after=Duration.days(30))
        ],
    )
    passing = [
        s3.LifecycleRule(id=f"passing-{place}", prefix=prefix, expiration=gone)
        for place, prefix in enumerate(short_lived)
    ]
    return s3.Bucket(
        scope,
        id,
        encryption=s3.BucketEncryption.S3_MANAGED,
        enforce_ssl=True,
        minimum_tls_version=1.2,
        block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
        object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
        versioned=True,
        lifecycle_rules=[lasting, tiering, *passing],
        server_access_logs_bucket=logs,
        server_access_logs_prefix=f"s3/{id.lower()}/",
        removal_policy=RemovalPolicy.RETAIN if config.is_prod else RemovalPolicy.DESTROY,
    )
