"""`lorechat sources`: which websites there are."""

from __future__ import annotations

import typer

from orchestration.commands.option import Json
from orchestration.commands.output import print_json, print_table


def sources(as_json: Json = False) -> None:
    """List the sources: the websites that LoreChat reads.

    \b
    Examples:
      lorechat sources
      lorechat sources --json
    """
    from orchestration.commands.source_choice import choose_sources
    from orchestration.settings import PipelineSettings

    settings = PipelineSettings()
    store, catalog = settings.store(), settings.catalog()
    rows = []
    for source in choose_sources(catalog, None):
        live = store.live(source.name)
        start = next(iter((*source.start_urls, *source.sitemaps)), "inbox")
        rows.append((source.name, source.display_title, start, source.schedule, live.pages if live else None))
    columns = ("source", "title", "start", "schedule", "indexed_pages")
    if as_json:
        for row in rows:
            print_json(dict(zip(columns, row, strict=True)))
        return
    print_table(columns, rows, right=("indexed_pages",))
    typer.echo(f"\nFiles: {settings.sources} and {catalog.dropped.url}", err=True)
