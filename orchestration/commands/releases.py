"""`lorechat releases`: the index releases of a source, which one answers, and how to change that."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Annotated, Any

import typer

from orchestration.commands.command_group import OneMessageGroup
from orchestration.commands.option import Json, Sources
from orchestration.commands.output import print_json, print_table
from orchestration.commands.release_rows import SHORT, ReleaseRow, choose_release, release_rows

if TYPE_CHECKING:
    from data_contracts.release_evaluation import ReleaseDiff, ReleaseEvaluation
    from lake import Lake
    from retrieval.vector_store import VectorStore

releases = typer.Typer(cls=OneMessageGroup, no_args_is_help=True, rich_markup_mode=None)

OneSource = Annotated[str, typer.Argument(metavar="SOURCE", help="Name of a source.")]
Release = Annotated[str, typer.Argument(metavar="RELEASE", help="A release's id, or how it begins.")]
Reason = Annotated[str, typer.Option(help="Why, for those who look at the releases later.")]


@releases.callback()
def about() -> None:
    """See the index releases of a source, compare them, and choose which one answers.

    \b
    Examples:
      lorechat releases list
      lorechat releases show handbook --json
      lorechat releases rollback handbook
    """


@releases.command("list")
def list_releases(source: Sources = None, as_json: Json = False) -> None:
    """List the releases, newest first: which one is live, which ones are kept, held, refused or dropped.

    \b
    Examples:
      lorechat releases list
      lorechat releases list handbook --json
    """
    lake, store, names = _open(source)
    rows = [row for name in names for row in release_rows(lake, store, name)]
    if as_json:
        for row in rows:
            print_json(_as_json(row))
        return
    columns = ("source", "release", "state", "built (UTC)", "pages", "chunks", "recall@5", "why")
    table = [
        (
            row.source,
            row.release_id[:SHORT],
            row.state,
            row.built_at,
            row.pages,
            row.chunks,
            _share(row.recall),
            row.reason,
        )
        for row in rows
    ]
    print_table(columns, table, right=("pages", "chunks", "recall@5"))
    if not rows:
        typer.echo("no release yet: lorechat build", err=True)


@releases.command()
def show(
    source: OneSource,
    release: Annotated[str, typer.Argument(metavar="[RELEASE]", help="A release's id; none: the live one.")] = "",
    as_json: Json = False,
) -> None:
    """Show a release: what it is made of, how it answered its questions, which ones it fails.

    \b
    Examples:
      lorechat releases show handbook
      lorechat releases show handbook --json
    """
    lake, store, _ = _open([source])
    row = _chosen(release_rows(lake, store, source), source, release)
    if as_json:
        print_json(_as_json(row))
        return
    typer.secho(f"{source} {row.release_id}", bold=True)
    typer.echo(f"{row.state}: {row.reason or 'no event yet'}{f' ({row.at:%F %T} UTC)' if row.at else ''}")
    typer.echo(f"built {row.built_at:%F %T} UTC from {row.pages:,} pages, {row.chunks:,} chunks, model {row.model_id}")
    if row.evaluation is None:
        typer.echo("it was never evaluated")
        return
    _show_evaluation(row.evaluation)


@releases.command()
def diff(
    source: OneSource,
    release: Release,
    other: Annotated[str, typer.Argument(metavar="[OTHER]", help="Compare with this one; none: the live one.")] = "",
    as_json: Json = False,
) -> None:
    """Show what a release has that another one has not: pages and chunks added, removed, changed.

    \b
    Examples:
      lorechat releases diff handbook 3f9a
      lorechat releases diff handbook 3f9a 81cc --json
    """
    from assets.stages.release_diff import diff_of, places_of

    lake, store, _ = _open([source])
    rows = release_rows(lake, store, source)
    new, old = _chosen(rows, source, release), _chosen(rows, source, other)
    found = diff_of(places_of(store, source, old.release_id), places_of(store, source, new.release_id))
    if as_json:
        print_json({"source": source, "release": new.release_id, "other": old.release_id, **found.model_dump()})
        return
    typer.echo(f"{new.release_id[:SHORT]} against {old.release_id[:SHORT]}")
    _show_diff(found)


@releases.command()
def promote(source: OneSource, release: Release, reason: Reason = "promoted by hand", as_json: Json = False) -> None:
    """Make a release that is kept the live one, also one that was refused or rolled back from.

    The release that it replaces is held: no later run makes it live again, until somebody promotes it.

    \b
    Examples:
      lorechat releases promote handbook 3f9a
      lorechat releases promote handbook 3f9a --reason "the questions were wrong" --json
    """
    from assets.stages.promotion import promote_release
    from data_contracts.release_event import Actor

    lake, store, _ = _open([source])
    began = time.perf_counter()
    row = _chosen(release_rows(lake, store, source), source, release)
    before = store.live(source)
    if row.state != "live":
        promote_release(lake, store, source, row.release_id, actor=Actor.PERSON, reason=reason)
    _tell_live(source, row.release_id, before.release_id if before else None, began, as_json)


@releases.command()
def rollback(source: OneSource, reason: Reason = "rolled back by hand", as_json: Json = False) -> None:
    """Make the release live again that was live before; a second time goes back further.

    The release rolled back from is held: a run makes newer content live, but never this very release again, until
    somebody promotes it.

    \b
    Examples:
      lorechat releases rollback handbook
      lorechat releases rollback handbook --reason "wrong prices" --json
    """
    from assets.stages.promotion import roll_back

    lake, store, _ = _open([source])
    began = time.perf_counter()
    before = store.live(source)
    release_id = roll_back(lake, store, source, reason=reason)
    _tell_live(source, release_id, before.release_id if before else None, began, as_json)


def _open(names: list[str] | None) -> tuple[Lake, VectorStore, list[str]]:
    """Return lake, index and the sources: the named ones, or all that have a release."""
    from data_contracts.index_release import INDEX_RELEASES
    from orchestration.error import NoSuchSource
    from orchestration.settings import PipelineSettings

    settings = PipelineSettings()
    lake, store = settings.lake(), settings.store()
    recorded = lake.scan(INDEX_RELEASES).select("source").unique().collect()["source"].to_list()
    there = sorted({*recorded, *store.sources()})
    unknown = [name for name in names or () if name not in there]
    if unknown:
        known = f" There are releases of: {', '.join(there)}." if there else ""
        raise NoSuchSource(f"{', '.join(unknown)} has no release.{known} Build one: lorechat build {unknown[0]}")
    return lake, store, names or there


def _chosen(rows: list[ReleaseRow], source: str, given: str) -> ReleaseRow:
    """Return the release that begins with what was given; the live one for nothing."""
    if given:
        return choose_release(rows, source, given)
    live = [row for row in rows if row.state == "live"]
    return live[0] if live else choose_release(rows, source, "")


def _tell_live(source: str, release_id: str, before: str | None, began: float, as_json: bool) -> None:
    seconds = round(time.perf_counter() - began, 3)
    if as_json:
        print_json({"source": source, "live": release_id, "before": before, "seconds": seconds})
    elif before == release_id:
        typer.echo(f"{source}: {release_id[:SHORT]} is live already")
    else:
        was = f", instead of {before[:SHORT]}" if before else ""
        typer.echo(f"{source}: {release_id[:SHORT]} is live{was} ({seconds:.1f} s)")


def _as_json(row: ReleaseRow) -> dict[str, Any]:
    evaluation = row.evaluation.model_dump(mode="json") if row.evaluation else None
    fields = {name: getattr(row, name) for name in ReleaseRow.__slots__}
    return fields | {"recall": row.recall, "evaluation": evaluation}


def _share(value: float | None) -> str | None:
    return None if value is None else f"{value:.2f}"


def _show_evaluation(evaluation: ReleaseEvaluation) -> None:
    from assets.stages.judgement import score_rows

    typer.echo("")
    print_table(("questions", "what", "this release", "live then"), score_rows(evaluation), right=())
    for problem in evaluation.problems:
        typer.secho(f"not good enough: {problem}", fg="red")
    if evaluation.failed:
        typer.echo("\nquestions that it fails:")
        for failed in evaluation.failed:
            typer.echo(f"- {failed.question} ({failed.kind.value}, {failed.url})\n    {failed.reason}")
    if evaluation.compared_with:
        typer.echo(f"\nagainst {evaluation.compared_with[:SHORT]}, which was live then:")
        _show_diff(evaluation.diff)


def _show_diff(diff: ReleaseDiff) -> None:
    for what in ("added", "removed", "changed"):
        count, examples = getattr(diff, f"pages_{what}"), getattr(diff, what)
        typer.echo(f"pages {what}: {count:,}")
        for url in examples:
            typer.echo(f"    {url}")
    typer.echo(f"chunks: {diff.chunks_added:,} added, {diff.chunks_removed:,} removed, {diff.chunks_kept:,} kept")
