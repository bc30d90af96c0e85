"""Dagster Pipes as a worker sees it: where its job comes from, and where its words go.

The parameters say so themselves: a place on S3 for a worker that runs elsewhere, else a file of this machine. They
come as environment variables, or as the fields of a function's event.
"""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Mapping
from datetime import timedelta
from email.utils import parsedate_to_datetime
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

HEARD = "heard"
"""The object beside a worker's words that is written anew while somebody listens, and how often, in seconds, in the
session's parameters."""

_EVERY_SECONDS = 1.0  # so often a worker's words are written to S3, if there are any
_SILENCES = 5


def open_pipes(params: Mapping[str, str], *, region: str | None = None, is_alone: bool = True) -> PipesContext:
    """Open the session that `params` name. Use it in a `with` block. A process that `is_alone` is ended when nobody
    listens any more: its run was killed, and the next one may have started another worker.

    Not by `open_dagster_pipes`, which hands out a process's first session for ever: a function's process has many.
    """
    loader = PipesMappingParamsLoader(params)
    is_on_s3 = "bucket" in loader.load_context_params(), "bucket" in loader.load_messages_params()
    client = _s3(region) if any(is_on_s3) else None
    context: PipesContextLoader = PipesS3ContextLoader(client) if is_on_s3[0] else PipesDefaultContextLoader()
    writer: PipesMessageWriter[Any] = (
        PipesS3MessageWriter(client, interval=_EVERY_SECONDS) if is_on_s3[1] else PipesDefaultMessageWriter()
    )
    opened = PipesContext(loader, context, writer)
    place = loader.load_messages_params()
    if is_alone and HEARD in place:
        threading.Thread(target=_end_unheard, args=(client, place), daemon=True).start()
    return opened


def _end_unheard(client: Any, place: Mapping[str, Any]) -> None:
    """End this process in order when the session is over, or was kept by nobody for several times its own measure."""
    from botocore.exceptions import BotoCoreError, ClientError

    pause, missing = float(place[HEARD]), 0
    waiting = threading.Event()
    while missing < 2:
        waiting.wait(pause)
        try:
            found = client.head_object(Bucket=place["bucket"], Key=f"{place['key_prefix']}/{HEARD}")
        except BotoCoreError:  # S3 does not answer, which says nothing of who listens
            continue
        except ClientError as error:
            missing = missing + 1 if error.response["ResponseMetadata"]["HTTPStatusCode"] == 404 else 0
            continue
        missing = 0
        now = parsedate_to_datetime(found["ResponseMetadata"]["HTTPHeaders"]["date"])  # by the same clock
        if now - found["LastModified"] > timedelta(seconds=_SILENCES * pause):
            break
    os.kill(os.getpid(), signal.SIGTERM)


def _s3(region: str | None) -> Any:
    """A client under the worker's own role; its endpoint is AWS's, or the one that AWS's own variables name."""
    import boto3
    from botocore.config import Config

    return boto3.client("s3", region_name=region, config=Config(retries={"mode": "standard", "max_attempts": 5}))
