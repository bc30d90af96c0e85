"""Where a deployed stage keeps what the test of it needs, as its stacks say."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from infra.config.stage_config import StageConfig


@dataclass(frozen=True, slots=True)
class Place:
    """Buckets, log group and queue by name; `address` is where people open the chat."""

    address: str
    source: str
    lake: str
    log: str
    failures: str


def find_place(cloudformation: Any, config: StageConfig) -> Place:
    """Return it. Errors: LookupError, with what to do, for a stage that is not deployed; botocore's."""
    edge, data = (_outputs(cloudformation, f"{config.prefix}-{name}") for name in ("edge", "data"))
    return Place(edge["Address"], data["SourceBucket"], data["LakeBucket"], data["PagesLog"], data["PagesFailures"])


def _outputs(cloudformation: Any, stack: str) -> dict[str, str]:
    try:
        (found,) = cloudformation.describe_stacks(StackName=stack)["Stacks"]
    except ClientError as error:
        if error.response["Error"]["Code"] != "ValidationError":
            raise
        raise LookupError(f"there is no stack {stack}: make deploy first") from error
    return {output["OutputKey"]: output["OutputValue"] for output in found.get("Outputs", [])}
