"""`lorechat add`: a website becomes a source."""

from __future__ import annotations

from typing import Annotated

import typer

from orchestration.commands.option import Json
from orchestration.commands.output import print_json


def add(
    url: Annotated[str, typer.Argument(help="Where the crawl begins.")],
    name: Annotated[str | None, typer.Option(help="What to call it; default: made from the host.")] = None,
    as_json: Json = False,
) -> None:
    """Add a website as a source: writes its file, fetches nothing yet.

    The crawl stays on the URL's host and below its folder. Edit the file to change that.

    \b
    Examples:
      lorechat add https://docs.example.com
      lorechat add https://example.com/guide/ --name guide
    """
    from orchestration.settings import PipelineSettings
    from scrapers.source_file import source_from_url, write_source

    folder = PipelineSettings().sources
    source = source_from_url(url, name=name)
    path = write_source(folder, source)
    if as_json:
        print_json({"source": source.name, "file": str(path), **source.model_dump(mode="json", exclude={"name"})})
    else:
        typer.echo(f"Added source {source.name}: {path}")
        typer.echo(f"Next: lorechat crawl {source.name} && lorechat build {source.name}")
