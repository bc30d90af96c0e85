"""Bringing a source's pages into the lake inside a Dagster step: what was dropped into its inbox, then its crawl."""

from __future__ import annotations

from typing import TYPE_CHECKING

import dagster as dg

from assets.crawl_process import crawl_through_pipes
from assets.stage_run import progress_to_log
from assets.stages.arrival import Arrival
from assets.stages.inbox import WAITS, ingest_inbox
from scrapers.wishes import Wishes

if TYPE_CHECKING:
    from assets.flow import Flow
    from assets.raw_html import RawHtmlConfig
    from data_contracts.source import Source
    from scrapers.report import CrawlReport


def bring_pages(context: dg.AssetExecutionContext, flow: Flow, source: Source, config: RawHtmlConfig) -> Arrival:
    """Read the inbox first, so that a site that is down does not keep dropped pages out; then crawl.

    Raises CrawlFailed, RemovalsHeld and InboxHeld with the cause and the next step.
    """
    inbox = crawl = None
    accept_removals = config.accept_removals
    if source.inbox:
        inbox = ingest_inbox(
            source,
            flow.lake,
            flow.objects,
            on_progress=progress_to_log(context),
            run_id=context.run.run_id,
            settle_seconds=flow.settle_seconds,
            waits=WAITS,
            accept_removals=accept_removals,
        )
    if source.is_crawled and not config.inbox_only:
        crawl = _crawl(context, flow, source, Wishes(accept_removals=accept_removals, run_id=context.run.run_id))
    return Arrival(source.name, crawl, inbox)


def _crawl(context: dg.AssetExecutionContext, flow: Flow, source: Source, wishes: Wishes) -> CrawlReport:
    if flow.crawler is not None:
        return flow.crawler(context, source, flow.lake, wishes)
    return crawl_through_pipes(context, source, flow.lake, flow.environment, accept_removals=wishes.accept_removals)
