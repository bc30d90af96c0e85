"""The inbox: files that people and other crawlers drop below `inbox/<source>/` -> page versions and ledger rows.

HTML files are a page each, `.jsonl` and `.ndjson` files a page a line. A file is read when it has settled, and once in
each version: what was read is kept in `inbox_files`. Small files are read together as one crawl. The files are the
dropper's: none is changed or deleted, and deleting one says nothing about its pages.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from assets.error import InboxHeld
from assets.stages.inbox_ingest import InboxIngest
from assets.stages.inbox_listing import DroppedFile, Waiting, dropped_files, waiting_files
from assets.stages.meter import ProgressListener
from data_contracts.crawl_changes import CrawlChanges
from data_contracts.source import Source
from lake import Lake, ObjectFolder
from scrapers.removal import Losses

SETTLE_SECONDS = 5.0
"""A file that changed less long ago may still be being written."""

_GROUP_FILES = 1_000  # read together: each group costs some commits
_GROUP_BYTES = 64_000_000
_EXAMPLES = 5

WAITS = 2
"""How often a run waits for files that have not settled: it costs more to start another one."""


@dataclass(frozen=True, slots=True)
class InboxReport:
    """`files` were read and held `pages`; `rejected` lines and files went to quarantine. `unsettled` files are left for
    later, because they may still be being written. `counts` are URLs by verdict, `changes` what became of the pages."""

    source: str
    crawl_ids: tuple[str, ...]
    files: int
    pages: int
    rejected: int
    unsettled: int
    seconds: float
    counts: Mapping[str, int] = field(default_factory=dict)
    changes: CrawlChanges = field(default_factory=CrawlChanges)


def ingest_inbox(
    source: Source,
    lake: Lake,
    objects: ObjectFolder,
    *,
    on_progress: ProgressListener,
    run_id: str | None = None,
    settle_seconds: float = SETTLE_SECONDS,
    waits: int = 0,
    accept_removals: bool = False,
) -> InboxReport | None:
    """Read what was dropped for a source and not read yet; None when nothing lies there that is new.

    `objects` is the lake's own place. Files that have not settled are waited for so many times. Errors:
    LakeUnreachable, LakeBusy, and InboxHeld after everything was read, when files speak against more pages than the
    source's `removal` allows and `accept_removals` is not set.
    """
    settle = timedelta(seconds=settle_seconds)
    waiting = _look(lake, objects, source.name, settle)
    if not waiting.ready and not waiting.unsettled:
        return None
    ingest = InboxIngest(source, lake, objects, on_progress=on_progress, run_id=run_id, accept_removals=accept_removals)
    _read(ingest, waiting)
    for _ in range(waits):
        if waiting.unsettled:
            time.sleep(settle_seconds)
            waiting = _look(lake, objects, source.name, settle)
            _read(ingest, waiting)
    if ingest.held:
        raise InboxHeld(_held_message(source, ingest.held))
    return InboxReport(
        source=source.name,
        crawl_ids=tuple(ingest.crawl_ids),
        files=len(ingest.files),
        pages=sum(read.pages for read in ingest.files),
        rejected=sum(read.rejected for read in ingest.files),
        unsettled=waiting.unsettled,
        seconds=ingest.finish(),
        counts=dict(ingest.counts),
        changes=ingest.changes,
    )


def _look(lake: Lake, objects: ObjectFolder, source: str, settle: timedelta) -> Waiting:
    files = dropped_files(objects, source).get(source, [])
    return waiting_files(lake, source, files, settled_by=datetime.now(UTC) - settle)


def _read(ingest: InboxIngest, waiting: Waiting) -> None:
    for group in _groups(waiting.ready):
        ingest.read(group)


def _held_message(source: Source, held: Sequence[Losses]) -> str:
    lost = [page for losses in held for page in losses.lost]
    before = max(losses.before for losses in held)
    examples = "".join(f"\n  {url}: {reason}" for url, reason in lost[:_EXAMPLES])
    return (
        f"{len(lost):,} of {before:,} pages of {source.name!r} would vanish by what was dropped into the inbox (the "
        f"limit is {source.removal.max_share:.0%}), so none was removed and all keep answering. For instance:"
        f"{examples}\n"
        "If the files are wrong, delete them from the inbox. If the pages are really gone: lorechat build "
        f"{source.name} --accept-removals (in Dagster: accept_removals: true in the config of raw_html), or raise "
        "removal.max_share in the source file."
    )


def _groups(files: Iterable[DroppedFile]) -> Iterator[list[DroppedFile]]:
    """Files that are read together, in order."""
    group: list[DroppedFile] = []
    size = 0
    for file in files:
        if group and (len(group) >= _GROUP_FILES or size + file.size > _GROUP_BYTES):
            yield group
            group, size = [], 0
        group.append(file)
        size += file.size
    if group:
        yield group
