"""`lorechat erase`: take pages out of everything, prove that they are gone, and keep them out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from orchestration.commands.option import Json
from orchestration.commands.output import print_json, print_table

if TYPE_CHECKING:
    from assets.erasure.erasing import Places
    from assets.erasure.finding import Finding
    from assets.erasure.target import Target
    from data_contracts.source import Source
    from orchestration.settings import PipelineSettings


def erase(
    urls: Annotated[list[str] | None, typer.Argument(metavar="[URL]...", help="Addresses of pages.")] = None,
    source: Annotated[str | None, typer.Option("--source", "-s", metavar="NAME", help="Only in this source.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="With --source: all that there is of it.")] = False,
    let_in_again: Annotated[bool, typer.Option("--let-in-again", help="Allow crawls to fetch it again.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show what would go.")] = False,
    as_json: Json = False,
) -> None:
    """Erase pages from every table, release, file, log and chat answer, and prove that nothing is left.

    Crawls and the inbox keep them out afterwards. It cannot be undone. Cut off, run it again: it goes on. Exit code 1
    means that something is left; the table says where.

    \b
    Examples:
      lorechat erase https://docs.example.com/people/jane.html --dry-run
      lorechat erase https://docs.example.com/people/jane.html --yes
      lorechat erase --source handbook --all
      lorechat erase https://docs.example.com/people/jane.html --let-in-again
    """
    from orchestration.erasing import chosen_targets, open_places
    from orchestration.settings import PipelineSettings

    if everything and (not source or urls):
        raise typer.BadParameter("--all goes with --source NAME and without addresses")
    if not everything and not urls:
        raise typer.BadParameter("name a page, or a whole source: lorechat erase --source NAME --all")
    settings = PipelineSettings()
    if let_in_again:
        _let_in(settings, urls or [], source)
        return
    targets = chosen_targets(settings, urls or [], source)
    places = open_places(settings, with_model=not dry_run)
    is_clean = True
    for one, target in targets:
        if not target.is_known:
            typer.echo(
                f"{one.name} stores no page under this address (lorechat why tells more); erasing keeps it out.",
                err=True,
            )
        if _is_wanted(one, target, places, yes=yes, dry_run=dry_run, as_json=as_json):
            is_clean &= _erase(one, target, places, as_json=as_json)
            _warn(one, target, settings.catalog().questions(one.name))
    if not is_clean:
        typer.echo("error: not everything is gone. Run it again; what is in use now may be free then.", err=True)
        raise typer.Exit(1)


def _let_in(settings: PipelineSettings, urls: Sequence[str], source: str | None) -> None:
    from orchestration.erasing import let_in_again

    for name, count in let_in_again(settings, urls, source).items():
        typer.echo(f"{name}: {count:,} let in again; the next crawl may fetch it")


def _is_wanted(one: Source, target: Target, places: Places, *, yes: bool, dry_run: bool, as_json: bool) -> bool:
    """Show what would go and ask; --yes asks nothing, --dry-run wants nothing."""
    from assets.erasure.erasing import survey

    if yes and not dry_run:
        return True
    found = survey(one, target, places)
    if as_json:
        print_json(_as_json(target, found, dry_run=dry_run))
    else:
        typer.echo(f"Of {one.name} would be erased: {_named(target)}")
        _show(found)
        typer.echo("What other pages say about it stays: that is their content. Time travel ends for what is touched.")
    return not dry_run and typer.confirm("Erase it for good?")


def _erase(one: Source, target: Target, places: Places, *, as_json: bool) -> bool:
    from assets.erasure.erasing import erase as erase_target

    proof = erase_target(one, target, places, tell=lambda line: typer.echo(f"{one.name}: {line}", err=True))
    is_clean = all(finding.is_clean for finding in proof)
    if as_json:
        print_json(_as_json(target, proof, dry_run=False))
    else:
        typer.echo(f"{one.name}: searched everywhere for {_named(target)}")
        _show(proof)
        typer.echo("Nothing is left." if is_clean else "This is left:")
    return is_clean


def _warn(one: Source, target: Target, questions: bytes | None) -> None:
    """Name what a person wrote and must edit."""
    for url in sorted(target.urls & {*one.start_urls, *one.sitemaps}):
        typer.echo(f"The source's file still names {url}: it is yours to edit.", err=True)
    if questions is not None and target.wording.hits(questions):
        hint = f"{one.name}.questions.yaml still asks for it: it is yours to edit, or releases will be refused."
        typer.echo(hint, err=True)


def _named(target: Target) -> str:
    if target.is_whole:
        return f"everything ({len(target.urls):,} pages)"
    aliases = f" (other addresses of the same page: {', '.join(sorted(target.aliases))})" if target.aliases else ""
    return ", ".join(sorted(target.urls - target.aliases)) + aliases


def _show(found: Sequence[Finding]) -> None:
    columns = ("place", "of the page", "in older versions", "mentions by others", "counted in")
    rows = [(one.place, one.left, one.older, one.mentions, one.unit) for one in found]
    print_table(columns, rows, right=columns[1:4])


def _as_json(target: Target, found: Sequence[Finding], *, dry_run: bool) -> dict[str, object]:
    from dataclasses import asdict

    return {
        "source": target.source,
        "urls": sorted(target.urls),
        "dry_run": dry_run,
        "places": [asdict(finding) for finding in found],
        "is_gone": all(finding.is_clean for finding in found),
    }
