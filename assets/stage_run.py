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
    """Turn failures that have words for people into a failure with those words, which this run does not try again.

    What may pass by itself (a site, a lake or a model that does not answer or is busy) asks for another run instead, in
    a new process and without holding this one's place. What a person must mend is tried no more. The rest passes by
    the retry policy.
    """
    from assets.error import StageError, WorkerBusy
    from lake import LakeUnreachable
    from retrieval.error import RetrievalError, StoreUnreachable, Throttled
    from scrapers.error import CrawlFailed, ScraperError

    try:
        yield
    except (CrawlFailed, LakeUnreachable, StoreUnreachable, Throttled, WorkerBusy) as error:
        _ask_for_another_run()
        raise dg.Failure(description=str(error), allow_retries=False) from error
    except (StageError, RetrievalError, ScraperError) as error:
        raise dg.Failure(description=str(error), allow_retries=False) from error


def _ask_for_another_run() -> None:
    """Let Dagster's run retries take this run although it failed in a step, which dagster.yaml excludes for others."""
    context = dg.AssetExecutionContext.get()
    context.instance.add_run_tags(context.run_id, {"dagster/retry_on_asset_or_op_failure": "true"})


def content_version(*parts: str) -> dg.DataVersion:
    """Return the data version that names content: equal content, equal version, whoever made it and when."""
    from data_contracts.identity import content_id

    return dg.DataVersion(content_id(*parts))
