"""A stage inside a Dagster step: progress goes to the run's log, and failures say what to do."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import dagster as dg

if TYPE_CHECKING:
    from assets.stages.meter import ProgressListener


def progress_to_log(context: dg.AssetExecutionContext) -> ProgressListener:
    """Return a listener that writes each progress line to the run's log, where the command line reads it back."""
    return lambda progress: context.log.info(str(progress))


@contextmanager
def failures_explained() -> Iterator[None]:
    """Turn what a person must mend into a failure that is not tried again; the rest passes by the retry policy."""
    from assets.error import StageError
    from lake import LakeUnreachable
    from retrieval.error import RetrievalError
    from scrapers.error import ScraperError

    try:
        yield
    except (StageError, LakeUnreachable, RetrievalError, ScraperError) as error:
        raise dg.Failure(description=str(error), allow_retries=False) from error


def content_version(*parts: str) -> dg.DataVersion:
    """Return the data version that names content: equal content, equal version, whoever made it and when."""
    from data_contracts.identity import content_id

    return dg.DataVersion(content_id(*parts))
