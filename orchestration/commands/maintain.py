"""`lorechat maintain`: the upkeep that Dagster runs every night, now."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from orchestration.commands.option import Json
from orchestration.commands.output import print_json, print_table

if TYPE_CHECKING:
    from orchestration.upkeep import Maintained


def maintain(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show what would be done.")] = False,
    as_json: Json = False,
) -> None:
    """Compact tables, and delete history and releases beyond their retention. Dagster does this every night.

    Nothing that a look back of LORECHAT_KEEP_HISTORY_DAYS needs is deleted. Safe while everything runs.

    \b
    Examples:
      lorechat maintain --dry-run
      lorechat maintain --json
    """
    from orchestration.settings import PipelineSettings
    from orchestration.upkeep import maintain as maintain_all

    settings = PipelineSettings()
    done = maintain_all(settings, dry_run=dry_run, tell=lambda line: typer.echo(line, err=True))
    if as_json:
        print_json({**asdict(done), "freed_bytes": done.upkeep.freed_bytes})
        return
    _show(done, settings.keep_history_days)


def _show(done: Maintained, days: int) -> None:
    columns = ("table", "files", "files after", "merged", "bytes freed", "looks back to version", "note")
    rows = [
        (one.table, one.files_before, one.files_after, one.merged, one.freed_bytes, one.begins, one.note)
        for one in done.upkeep.tables
    ]
    print_table(columns, rows, right=columns[1:6])
    dropped = sum(len(ids) for ids in done.upkeep.releases.values())
    would = "would be" if done.upkeep.dry_run else "were"
    typer.echo(
        f"{done.upkeep.freed_bytes:,} bytes {would} freed, {dropped} releases, {done.past} releases of the past and "
        f"{done.upkeep.inbox_files} inbox files {would} dropped. Tables can be looked back {days} days."
    )
    for source in done.erased_again:
        typer.echo(f"{source}: pages that had come back were erased again")
