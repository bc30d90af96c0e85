"""`lorechat crawl`: fetch the pages of sources into the lake, without Dagster."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

import typer

from orchestration.commands.option import Json, Sources
from orchestration.commands.output import print_json
from orchestration.commands.progress_display import ProgressDisplay

if TYPE_CHECKING:
    from scrapers.report import CrawlReport


def crawl(source: Sources = None, as_json: Json = False) -> None:
    """Fetch the pages of sources into the lake. An interrupted crawl goes on where it was.

    \b
    Examples:
      lorechat crawl
      lorechat crawl handbook
      lorechat crawl handbook --json
    """
    from orchestration.commands.source_choice import choose_sources
    from orchestration.settings import PipelineSettings
    from scrapers.crawl import crawl_source

    settings = PipelineSettings()
    lake, environment = settings.lake(), settings.environment()
    for one in choose_sources(settings.catalog(), source):
        with ProgressDisplay(quiet=as_json) as display:
            display.say(f"Crawling {one.name} ({one.display_title})")
            report = crawl_source(one, lake, on_progress=display.show, environment=environment)
        if as_json:
            print_json({**asdict(report), "pages_per_second": round(report.pages_per_second, 2)})
        else:
            typer.echo(describe_crawl(report))


def describe_crawl(report: CrawlReport) -> str:
    """Say in a sentence what a crawl came to."""
    seen = ", ".join(f"{count:,} {verdict}" for verdict, count in sorted(report.counts.items()))
    return f"{report.source}: {report.outcome}; {seen}; {report.pages_per_second:.1f} pages/s"
