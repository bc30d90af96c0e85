"""`lorechat clean`: what the cleaning step makes of a page."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from orchestration.commands.option import Json
from orchestration.commands.output import print_json
from orchestration.commands.page_input import PageInput, read_pages
from orchestration.error import BadInput

if TYPE_CHECKING:
    from assets.steps.clean import CleanedPage
    from data_contracts.source import Selectors


def clean_input(page: PageInput, selectors: Selectors) -> CleanedPage:
    """Clean one page as the pipeline does. Raises BadInput with the reason when it cannot be cleaned."""
    from assets.steps.clean import CleaningError, clean_page
    from scrapers.charset import decode
    from scrapers.sniff import html_refusal

    if page.is_markdown:
        raise BadInput(f"{page.name}: is markdown already; `lorechat chunk` takes it as it is")
    refusal = html_refusal(page.body, page.content_type)
    if refusal is not None:
        raise BadInput(f"{page.name}: is no HTML page: {refusal}")
    try:
        _, charset = decode(page.body, page.content_type)
        return clean_page(page.body, url=page.url, charset=charset, selectors=selectors)
    except CleaningError as error:
        raise BadInput(f"{page.name}: {error}") from error


def clean(
    targets: Annotated[list[str], typer.Argument(metavar="FILE|FOLDER|URL...", help="HTML to clean.")],
    to: Annotated[Path | None, typer.Option(help="Write one .md file a page into this folder.")] = None,
    main: Annotated[str | None, typer.Option(metavar="CSS", help="The element that holds the content.")] = None,
    drop: Annotated[list[str] | None, typer.Option(metavar="CSS", help="Elements to leave out.")] = None,
    as_json: Json = False,
) -> None:
    """Turn HTML into markdown, as the pipeline does.

    A folder is cleaned file by file. A page that cannot be cleaned is reported, the others go on, and the exit
    code is 1.

    \b
    Examples:
      lorechat clean https://docs.example.com/install.html
      lorechat clean page.html --drop .sidebar --main "article"
      lorechat clean saved-site/ --to markdown/
      lorechat clean saved-site/ --json > pages.jsonl
    """
    from data_contracts.source import Selectors

    selectors = Selectors(main=main, drop=tuple(drop or ()))
    failed = 0
    many = len(targets) > 1 or Path(targets[0]).is_dir()
    for page, outcome in _clean_all(targets, selectors):
        if isinstance(outcome, BadInput):
            failed += 1
            typer.echo(f"error: {outcome}", err=True)
            continue
        if to is not None:
            _write(to, page, outcome)
        if as_json:
            print_json({"name": page.name, "url": page.url, **_row(outcome)})
        elif to is None:
            typer.echo(f"<!-- {page.name} -->\n{outcome.markdown}\n" if many else outcome.markdown)
    if failed:
        raise typer.Exit(1)


def _clean_all(targets: list[str], selectors: Selectors) -> Iterator[tuple[PageInput, CleanedPage | BadInput]]:
    for target in targets:
        for page in read_pages(target):
            try:
                yield page, clean_input(page, selectors)
            except BadInput as error:
                yield page, error


def _row(page: CleanedPage) -> dict[str, Any]:
    return {**asdict(page), "anchors": [anchor._asdict() for anchor in page.anchors]}


def _write(folder: Path, page: PageInput, cleaned: CleanedPage) -> None:
    name = page.name.split("://", 1)[-1].strip("/").replace("/", "_") if "://" in page.name else page.name
    target = (folder / (Path(name).name if Path(name).is_absolute() else name)).with_suffix(".md")
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(f"{cleaned.markdown}\n", encoding="utf-8")
    typer.echo(f"{page.name} -> {target}", err=True)
