"""`--as-of`: asking the releases that were live at an instant."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from orchestration.commands.instant import parse_instant

if TYPE_CHECKING:
    from assets.stages.past import Past

AsOfOption = Annotated[
    str | None, typer.Option("--as-of", metavar="DATE", help="Answer from what was live then: a date or a time, UTC.")
]


def open_past(text: str, sources: Sequence[str] | None, *, now: datetime) -> Past:
    """Return what could be asked then. Errors: BadInput, PastUnknown."""
    from assets.stages.past import past_at
    from orchestration.settings import PipelineSettings
    from retrieval.local_store import LocalStore

    settings = PipelineSettings()
    instant = parse_instant(text, now=now)
    return past_at(settings.lake(), settings.store(), LocalStore(settings.past_folder), instant, sources)


def past_row(past: Past) -> dict[str, Any]:
    """As of when an answer is, for programs."""
    return {"as_of": past.instant, "as_of_releases": [asdict(release) for release in past.releases]}


def tell_past(past: Past) -> None:
    """Say as of when an answer is."""
    typer.echo(f"\nas of {past.instant:%F %T} UTC:")
    for release in past.releases:
        how = ", made again from the lake" if release.rebuilt else ""
        erased = f", without {release.left_out:,} passages that were erased since" if release.left_out else ""
        typer.echo(
            f"  {release.source} {release.release_id[:12]}, live from {release.live_from:%F %T} UTC{how}{erased}"
        )
