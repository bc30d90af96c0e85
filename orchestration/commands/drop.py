"""`lorechat drop`: pages that somebody else fetched go into a source's inbox."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from orchestration.commands.option import Json
from orchestration.commands.output import print_json
from orchestration.error import BadInput

if TYPE_CHECKING:
    from orchestration.settings import PipelineSettings

_ENDINGS = tuple(kind + packed for kind in (".html", ".htm", ".jsonl", ".ndjson") for packed in ("", ".gz"))


def drop(
    source: Annotated[str, typer.Argument(help="The source that the pages belong to; it is made when there is none.")],
    paths: Annotated[list[Path], typer.Argument(metavar="PATH...", help="Files, or folders of files.")],
    as_json: Json = False,
) -> None:
    """Put saved pages (.html) and other crawlers' lists of pages (.jsonl) into a source's inbox.

    The inbox lies at the lake's place, in a folder or a bucket: inbox/SOURCE/. Copying files there by other means does
    the same. A running Dagster reads them by itself; otherwise build reads them.

    \b
    Examples:
      lorechat drop notes pages.jsonl
      lorechat drop notes saved-site/ && lorechat build notes
      lorechat drop notes pages.jsonl --json
    """
    from orchestration.settings import PipelineSettings

    settings = PipelineSettings()
    files = [found for path in paths for found in _files(path)]
    _open_inbox(settings, source)
    objects = settings.objects()
    for path, key in files:
        with path.open("rb") as file:
            objects.write(f"inbox/{source}/{key}", file)
        if as_json:
            print_json({"source": source, "file": f"inbox/{source}/{key}", "bytes": path.stat().st_size})
    if not as_json:
        typer.echo(f"{len(files):,} files are in {objects.url}/inbox/{source}/")
        typer.echo(f"Next: lorechat build {source}, unless Dagster runs: it reads them by itself")


def _files(path: Path) -> Iterator[tuple[Path, str]]:
    """Yield the files at a path, with what to call them in the inbox. Raises BadInput for what holds no pages."""
    if path.is_dir():
        found = sorted(file for file in path.rglob("*") if file.name.lower().endswith(_ENDINGS) and file.is_file())
        if not found:
            raise BadInput(f"{path}: no file in this folder ends with {', '.join(_ENDINGS)}")
        yield from ((file, file.relative_to(path).as_posix()) for file in found)
    elif not path.exists():
        raise BadInput(f"{path}: No such file or folder. Give files, or folders of files.")
    elif not path.name.lower().endswith(_ENDINGS):
        raise BadInput(f"{path}: is no page and no list of pages. Give files that end with {', '.join(_ENDINGS)}.")
    else:
        yield path, path.name


def _open_inbox(settings: PipelineSettings, name: str) -> None:
    """Make sure that the source takes dropped pages; one that is new gets a file that says so."""
    from pydantic import ValidationError

    from data_contracts.source import Source
    from scrapers.source_file import write_source

    catalog = settings.catalog()
    if name in catalog.listing().names:
        if not catalog.load(name).inbox:
            raise BadInput(f"source {name!r} takes no dropped pages: add the line `inbox: true` to its file.")
        return
    try:
        source = Source(name=name, inbox=True)
    except ValidationError as error:
        raise BadInput(f"{name!r} cannot name a source: use lower-case letters, digits and dashes.") from error
    write_source(settings.sources, source)
