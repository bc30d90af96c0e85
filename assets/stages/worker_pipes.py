"""Dagster Pipes as a worker sees it: where its job comes from, and where its words go.

The parameters say so themselves: a place on S3 for a worker that runs elsewhere, else a file of this machine. They
come as environment variables, or as the fields of a function's event.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dagster_pipes import (
    PipesContext,
    PipesContextLoader,
    PipesDefaultContextLoader,
    PipesDefaultMessageWriter,
    PipesMappingParamsLoader,
    PipesMessageWriter,
    PipesS3ContextLoader,
    PipesS3MessageWriter,
)

_EVERY_SECONDS = 1.0  # so often a worker's words are written to S3, if there are any


def open_pipes(params: Mapping[str, str], *, region: str | None = None) -> PipesContext:
    """Open the session that `params` name. Use it in a `with` block.

    Not by `open_dagster_pipes`, which hands out a process's first session for ever: a function's process has many.
    """
    loader = PipesMappingParamsLoader(params)
    is_on_s3 = "bucket" in loader.load_context_params(), "bucket" in loader.load_messages_params()
    client = _s3(region) if any(is_on_s3) else None
    context: PipesContextLoader = PipesS3ContextLoader(client) if is_on_s3[0] else PipesDefaultContextLoader()
    writer: PipesMessageWriter[Any] = (
        PipesS3MessageWriter(client, interval=_EVERY_SECONDS) if is_on_s3[1] else PipesDefaultMessageWriter()
    )
    return PipesContext(loader, context, writer)


def _s3(region: str | None) -> Any:
    """A client under the worker's own role; its endpoint is AWS's, or the one that AWS's own variables name."""
    import boto3
    from botocore.config import Config

    return boto3.client("s3", region_name=region, config=Config(retries={"mode": "standard", "max_attempts": 5}))
