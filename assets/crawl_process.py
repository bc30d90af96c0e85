"""The crawl's own process under Dagster Pipes: its progress is in the run's log, its report comes back as a message.

A process of its own because Scrapy's reactor does not start twice in one, and because a crawl's memory goes with it.
"""

from __future__ import annotations

import subprocess
import warnings
from collections.abc import Callable, Mapping
from typing import Any

import dagster as dg

from data_contracts.source import Source
from lake import Lake
from scrapers.crawl import crawl_command, crawl_environment, crawl_failure, crawl_job
from scrapers.error import CrawlFailed
from scrapers.report import CrawlReport
from scrapers.wishes import Wishes

Crawler = Callable[[dg.AssetExecutionContext, Source, Lake, Wishes], CrawlReport]
"""Crawls a source somewhere else, and raises as `crawl_through_pipes` does."""


def crawl_through_pipes(
    context: dg.AssetExecutionContext,
    source: Source,
    lake: Lake,
    environment: Mapping[str, str],
    *,
    accept_removals: bool = False,
) -> CrawlReport:
    """Crawl a source and return the report. Raises CrawlFailed and RemovalsHeld with the cause and the next step."""
    wishes = Wishes(accept_removals=accept_removals, run_id=context.run.run_id)
    with (
        warnings.catch_warnings(action="ignore", category=dg.PreviewWarning),  # about Dagster's own use of its preview
        dg.open_pipes_session(
            context=context.op_execution_context,
            context_injector=dg.PipesTempFileContextInjector(),
            message_reader=dg.PipesTempFileMessageReader(),
            extras=crawl_job(source, lake, wishes),
        ) as session,
    ):
        bootstrap = session.get_bootstrap_env_vars()
        status = _run({**environment, **crawl_environment(source, lake, environment), **bootstrap})
    return _report(session.get_custom_messages(), source, status)


def _run(environment: Mapping[str, str]) -> int:
    """Run the child to its end; a run that is stopped takes it along."""
    with subprocess.Popen(crawl_command(), env=environment, stdin=subprocess.DEVNULL) as child:  # noqa: S603 - ours
        try:
            return child.wait()
        except BaseException:
            child.terminate()
            raise


def _report(messages: Any, source: Source, status: int) -> CrawlReport:
    for message in messages:
        if "report" in message:
            return CrawlReport.from_mapping(message["report"])
        for kind in ("failed", "held"):
            if kind in message:
                raise crawl_failure(kind, message[kind])
    raise CrawlFailed(
        f"the crawl of {source.name!r} ended with status {status} and no report; its last words are in this step's "
        "stderr. Start it again: it goes on where it was"
    )
