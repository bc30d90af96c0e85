"""Bringing a source's pages into the lake inside a Dagster step: what was dropped into its inbox, then its crawl."""

from __future__ import annotations

from typing import TYPE_CHECKING

import dagster as dg

from assets.crawl_process import crawl_through_pipes
from assets.stage_run import progress_to_log
from assets.stages.arrival import Arrival
from assets.stages.inbox import ingest_inbox

if TYPE_CHECKING:
    from assets.flow import Flow
    from data_contracts.source import Source


def bring_pages(context: dg.AssetExecutionContext, flow: Flow, source: Source, *, accept_removals: bool) -> Arrival:
    """Read the inbox first, so that a site that is down does not keep dropped pages out; then crawl.

    Raises CrawlFailed and RemovalsHeld with the cause and the next step.
    """
    inbox = crawl = None
    if source.inbox:
        run_id, on_progress = context.run.run_id, progress_to_log(context)
        inbox = ingest_inbox(source, flow.lake, flow.objects, on_progress=on_progress, run_id=run_id)
    if source.is_crawled:
        crawl = crawl_through_pipes(context, source, flow.lake, flow.environment, accept_removals=accept_removals)
    return Arrival(source.name, crawl, inbox)
