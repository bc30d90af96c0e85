"""`lorechat crawl`: fetch the pages of sources into the lake, without Dagster."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from orchestration.commands.option import Json, Sources
from orchestration.commands.output import print_json
from orchestration.commands.progress_display import ProgressDisplay

if TYPE_CHECKING:
    from scrapers.report import CrawlReport


AcceptRemovals = Annotated[
    bool, typer.Option("--accept-removals", help="Let pages go although more vanish than the source allows.")
]


def crawl(source: Sources = None, accept_removals: AcceptRemovals = False, as_json: Json = False) -> None:
    """Fetch the pages of sources into the lake: all of them at first, later what changed.

    An interrupted crawl goes on where it was. When more pages would vanish than the source allows, none is removed
    and the crawl fails, so that you can look.

    \b
    Examples:
      lorechat crawl
      lorechat crawl handbook
      lorechat crawl handbook --accept-removals
      lorechat crawl handbook --json
    """
    from orchestration.commands.source_choice import choose_sources
    from orchestration.settings import PipelineSettings
    from scrapers.crawl import crawl_source
    from scrapers.wishes import Wishes

    settings = PipelineSettings()
    lake, environment, wishes = settings.lake(), settings.environment(), Wishes(accept_removals=accept_removals)
    for one in choose_sources(settings.catalog(), source):
        if not one.is_crawled:
            typer.echo(f"{one.name}: nothing to crawl, its pages come through the inbox", err=as_json)
            continue
        with ProgressDisplay(quiet=as_json) as display:
            display.say(f"Crawling {one.name} ({one.display_title})")
            report = crawl_source(one, lake, on_progress=display.show, environment=environment, wishes=wishes)
        if as_json:
            print_json({**asdict(report), "pages_per_second": round(report.pages_per_second, 2)})
        else:
            typer.echo(describe_crawl(report))


def describe_crawl(report: CrawlReport) -> str:
    """Say in a sentence what a crawl came to."""
    changes = report.changes
    kinds = ("new", "changed", "unchanged", "restored", "gone", "unknown")
    became = ", ".join(f"{getattr(changes, kind):,} {kind}" for kind in kinds if getattr(changes, kind)) or "no page"
    saved = f", {changes.bytes_saved / 1e3:,.0f} kB not sent again" if changes.bytes_saved else ""
    return (
        f"{report.source}: {report.outcome} in {report.seconds:.1f} s; pages: {became} "
        f"({changes.fetched:,} downloaded{saved})"
    )
