"""The inbox: files that people and other crawlers drop below `inbox/<source>/` -> page versions and ledger rows.

HTML files are a page each, `.jsonl` and `.ndjson` files a page a line. A file is read when it has settled, and once in
each version: what was read is kept in `inbox_files`. Small files are read together as one crawl. The files are the
dropper's: none is changed or deleted, and deleting one says nothing about its pages.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from assets.stages.inbox_ingest import InboxIngest
from assets.stages.inbox_listing import DroppedFile, dropped_files, waiting_files
from assets.stages.meter import ProgressListener
from data_contracts.crawl_changes import CrawlChanges
from data_contracts.source import Source
from lake import Lake, ObjectFolder

SETTLE_SECONDS = 5.0
"""A file that changed less long ago may still be being written."""

_GROUP_FILES = 1_000  # read together: each group costs some commits
_GROUP_BYTES = 64_000_000


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
) -> InboxReport | None:
    """Read what was dropped for a source and not read yet; None when nothing lies there that is new.

    `objects` is the lake's own place. Errors: LakeUnreachable, LakeBusy.
    """
    files = dropped_files(objects, source.name).get(source.name, [])
    settled_by = datetime.now(UTC) - timedelta(seconds=settle_seconds)
    waiting = waiting_files(lake, source.name, files, settled_by=settled_by)
    if not waiting.ready and not waiting.unsettled:
        return None
    ingest = InboxIngest(source, lake, objects, on_progress=on_progress, run_id=run_id)
    for group in _groups(waiting.ready):
        ingest.read(group)
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
