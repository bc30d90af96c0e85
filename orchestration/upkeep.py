"""Upkeep of everything that the settings name, for the command and for Dagster's daily run."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from assets.stages.upkeep import UpkeepReport
    from orchestration.settings import PipelineSettings

_PAST_DAYS = 7  # releases of the past are made again in seconds


@dataclass(frozen=True, slots=True)
class Maintained:
    """`past` releases that were made again to be asked were deleted. `erased_again` are the sources in which a run
    that was under way during an erasure had brought something back."""

    upkeep: UpkeepReport
    past: int
    erased_again: tuple[str, ...]


def maintain(settings: PipelineSettings, *, dry_run: bool, tell: Callable[[str], None]) -> Maintained:
    """Keep up lake, index and inbox by the settings. Errors: LakeError and RetrievalError kinds."""
    from assets.stages.upkeep import keep_up

    erased_again = () if dry_run else _complete_erasures(settings, tell)
    upkeep = keep_up(
        settings.lake(),
        settings.objects(),
        settings.store(),
        history_days=settings.keep_history_days,
        keep_releases=settings.keep_releases,
        inbox_days=settings.keep_inbox_days,
        dry_run=dry_run,
        tell=tell,
    )
    return Maintained(upkeep, _drop_past(settings.past_folder, dry_run=dry_run), erased_again)


def _complete_erasures(settings: PipelineSettings, tell: Callable[[str], None]) -> tuple[str, ...]:
    """Erase again what is to stay out and is there: a crawl that had read the list before may have brought it."""
    from assets.erasure.erasing import erase
    from orchestration.erasing import open_places, returned_targets

    done = []
    for source, target in returned_targets(settings):
        erase(source, target, open_places(settings), tell=tell)
        done.append(source.name)
    return tuple(done)


def _drop_past(folder: Path, *, dry_run: bool) -> int:
    """Delete releases of the past that nobody asked for in a week, by the time of their manifests."""
    oldest = datetime.now(UTC) - timedelta(days=_PAST_DAYS)
    old = [
        path.parent
        for path in folder.glob("*/*/manifest.json")
        if datetime.fromtimestamp(path.stat().st_mtime, UTC) < oldest
    ]
    for release in [] if dry_run else old:
        shutil.rmtree(release, ignore_errors=True)
    return len(old)
