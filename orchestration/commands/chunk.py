"""`lorechat chunk`: what the chunking step makes of a page."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from orchestration.commands.clean import clean_input
from orchestration.commands.option import Json
from orchestration.commands.output import print_json
from orchestration.commands.page_input import HTML_SUFFIXES, MARKDOWN_SUFFIXES, PageInput, read_pages
from orchestration.error import BadInput

if TYPE_CHECKING:
    from collections.abc import Sequence

    from assets.steps.chunk import Piece
    from data_contracts.document import Anchor
    from orchestration.settings import PipelineSettings


def chunk(
    targets: Annotated[list[str], typer.Argument(metavar="FILE|FOLDER|URL...", help="HTML or markdown to cut.")],
    size: Annotated[int | None, typer.Option(help="Most tokens of a chunk; default: LORECHAT_CHUNK_SIZE.")] = None,
    overlap: Annotated[int | None, typer.Option(help="Tokens that neighbours share.")] = None,
    as_json: Json = False,
) -> None:
    """Cut pages into chunks, as the pipeline does. HTML is cleaned first; .md files are taken as they are.

    \b
    Examples:
      lorechat chunk https://docs.example.com/install.html
      lorechat chunk notes.md --size 120 --overlap 20
      lorechat chunk saved-site/ --json > chunks.jsonl
    """
    from orchestration.settings import PipelineSettings

    given = {"chunk_size": size, "chunk_overlap": overlap}
    settings = PipelineSettings.model_validate({name: value for name, value in given.items() if value is not None})
    failed = 0
    for page, pieces in _chunk_all(targets, settings):
        if isinstance(pieces, BadInput):
            failed += 1
            typer.echo(f"error: {pieces}", err=True)
            continue
        for piece in pieces:
            if as_json:
                print_json({"name": page.name, "url": page.url, **asdict(piece)})
            else:
                _show(page, piece)
    if failed:
        raise typer.Exit(1)


def _chunk_all(
    targets: list[str], settings: PipelineSettings
) -> Iterator[tuple[PageInput, Sequence[Piece] | BadInput]]:
    from assets.steps.chunk import split_markdown

    chunking, token_offsets = settings.chunking(), settings.embedder().token_offsets
    for target in targets:
        for page in read_pages(target, suffixes=HTML_SUFFIXES | MARKDOWN_SUFFIXES):
            try:
                title, markdown, anchors = _markdown(page)
            except BadInput as error:
                yield page, error
                continue
            yield (
                page,
                split_markdown(markdown, title=title, anchors=anchors, token_offsets=token_offsets, settings=chunking),
            )


def _markdown(page: PageInput) -> tuple[str, str, Sequence[Anchor]]:
    if page.is_markdown:
        try:
            return "", page.body.decode(), ()
        except UnicodeDecodeError as error:
            raise BadInput(f"{page.name}: is not UTF-8 text: {error}") from error
    from data_contracts.source import Selectors

    cleaned = clean_input(page, Selectors())
    return cleaned.title, cleaned.markdown, cleaned.anchors


def _show(page: PageInput, piece: Piece) -> None:
    anchor = f" #{piece.anchor}" if piece.anchor else ""
    head = f"{page.name} [{piece.position}] {piece.start}-{piece.end} {piece.tokens} tokens{anchor}"
    typer.secho(head, bold=True)
    typer.echo(f"{piece.text}\n")
