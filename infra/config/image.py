"""Where container images come from: repositories in the account's own registry, never built by a deployment."""

from __future__ import annotations

from pydantic import Field

from infra.config.strict import Strict


class Image(Strict):
    """An image in ECR. A tag is enough for dev; a digest (`sha256:...`) says exactly what runs."""

    repository: str = Field(pattern=r"^[a-z0-9][a-z0-9/._-]+$", description="name of the ECR repository")
    tag: str = Field(min_length=1, description="tag or digest")


class Images(Strict):
    """One image for each target of the container file."""

    chat: Image
    dagster: Image
    worker: Image
    function: Image
    collector: str = Field(
        default="public.ecr.aws/aws-observability/aws-otel-collector:v0.43.3",
        description="collector beside the chat that brings metrics and traces to CloudWatch and X-Ray",
    )
