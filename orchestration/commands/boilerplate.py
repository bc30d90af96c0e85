"""`lorechat boilerplate`: what recurs on a site's pages and is left out of its chunks."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from orchestration.commands.option import Json
from orchestration.commands.output import print_json, print_table

_SHOWN = 100  # characters of a block


def boilerplate(
    source: Annotated[str, typer.Argument(metavar="SOURCE", help="Name of a source.")], as_json: Json = False
) -> None:
    """List the blocks that recur on many pages of a source: what answers leave out.

    A block that should stay: write a regular expression that matches it under boilerplate.keep in the source's file,
    and build again.

    \b
    Examples:
      lorechat boilerplate handbook
      lorechat boilerplate handbook --json
    """
    from assets.stages.boilerplate import last_lesson
    from orchestration.commands.source_choice import choose_sources
    from orchestration.settings import PipelineSettings

    settings = PipelineSettings()
    [chosen] = choose_sources(settings.catalog(), [source])
    lesson = last_lesson(settings.lake(), chosen.name)
    if as_json:
        for block in lesson.blocks:
            print_json({"source": chosen.name, **asdict(block)})
        return
    if not lesson.blocks:
        typer.echo(f"{chosen.name}: no block recurs on enough pages to be left out", err=True)
        return
    columns = ("pages", "share", "where", "in chunks", "text")
    rows = [
        (block.pages, f"{block.share:.0%}", block.place, "stays" if block.stays else "left out", _line(block.text))
        for block in lesson.blocks
    ]
    print_table(columns, rows, right=("pages", "share"))
    typer.echo(f"\nLearned from {lesson.documents:,} documents on {lesson.learned_at:%Y-%m-%d %H:%M} UTC", err=True)


def _line(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _SHOWN else f"{line[:_SHOWN]}…"
