"""What a stage's buckets hold, and how to empty them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from infra.config.stage_config import StageConfig

STACKS = ("edge", "data", "service", "monitoring")


@dataclass(frozen=True, slots=True)
class Holding:
    """A bucket, with all versions of its objects and the markers of deleted ones."""

    bucket: str
    versions: int
    bytes: int


def standing(cloudformation: Any, config: StageConfig) -> list[str]:
    """Return the names of the stage's stacks that are in the account. Errors: botocore's."""
    return [name for name in (f"{config.prefix}-{stack}" for stack in STACKS) if _stands(cloudformation, name)]


def buckets(cloudformation: Any, config: StageConfig) -> list[str]:
    """Return the stage's buckets. Errors: botocore's."""
    found = []
    for name in standing(cloudformation, config):
        pages = cloudformation.get_paginator("list_stack_resources").paginate(StackName=name)
        for resource in (resource for page in pages for resource in page["StackResourceSummaries"]):
            if resource["ResourceType"] == "AWS::S3::Bucket" and resource["ResourceStatus"] != "DELETE_COMPLETE":
                found.append(str(resource["PhysicalResourceId"]))
    return found


def holdings(s3: Any, names: list[str]) -> list[Holding]:
    """Return those buckets that are not empty. Errors: botocore's."""
    found = []
    for bucket in names:
        sizes = [version.get("Size", 0) for page in _pages(s3, bucket) for version in page]
        if sizes:
            found.append(Holding(bucket, len(sizes), sum(sizes)))
    return found


def empty(s3: Any, bucket: str) -> None:
    """Delete every version of every object, for good. Errors: botocore's; RuntimeError when S3 refuses some."""
    for page in _pages(s3, bucket):
        named = [{"Key": version["Key"], "VersionId": version["VersionId"]} for version in page]
        refused = s3.delete_objects(Bucket=bucket, Delete={"Objects": named, "Quiet": True}).get("Errors", [])
        if refused:
            raise RuntimeError(f"{bucket}: {refused[0]['Key']} cannot be deleted ({refused[0]['Code']})")


def _pages(s3: Any, bucket: str) -> Iterator[list[dict[str, Any]]]:
    """Versions and markers, at most a thousand at a time, which is what one deletion takes."""
    try:
        for page in s3.get_paginator("list_object_versions").paginate(Bucket=bucket):
            if found := [*page.get("Versions", []), *page.get("DeleteMarkers", [])]:
                yield found
    except ClientError as error:
        if error.response["Error"]["Code"] != "NoSuchBucket":
            raise


def _stands(cloudformation: Any, stack: str) -> bool:
    try:
        (found,) = cloudformation.describe_stacks(StackName=stack)["Stacks"]
    except ClientError as error:
        if error.response["Error"]["Code"] == "ValidationError":  # which is how CloudFormation says "no such stack"
            return False
        raise
    return bool(found["StackStatus"] != "DELETE_COMPLETE")
