"""One reading of a source's inbox: files in, rows out, group by group."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from typing import NamedTuple, Protocol

import polars as pl

from assets.stages.inbox_crawl import InboxCrawl, KnownPages
from assets.stages.inbox_judge import InboxJudge, as_answer
from assets.stages.inbox_listing import DroppedFile
from assets.stages.inbox_reader import FoundPage, InboxReader
from assets.stages.inbox_refusal import STAGE, RefusalLog
from assets.stages.meter import Meter, ProgressListener
from assets.stages.outbox import Outbox
from assets.steps.inbox_line import LineRefused
from data_contracts.crawl_changes import CrawlChanges
from data_contracts.identity import content_id
from data_contracts.inbox_file import INBOX_FILES
from data_contracts.page_version import PAGE_VERSIONS
from data_contracts.source import Source
from lake import Lake, ObjectFacts
from lake.erased import erased_urls
from lake.rejection import Rejection
from scrapers.known_page import INBOX_PREFIX
from scrapers.removal import Losses
from scrapers.version_row import version_row

_MOST_URLS = 100_000  # of a crawl: what is said about them is in memory until its end


class Openable(Protocol):
    """Where dropped files lie, as `lake.ObjectFolder` is one."""

    def open(self, key: str) -> tuple[ObjectFacts, Iterator[bytes]]:
        """Return what a file is as it is read, and its bytes in pieces. Raises FileNotFoundError."""


class ReadFile(NamedTuple):
    """A file that was read to its end, and what was in it."""

    file: DroppedFile
    crawl_id: str
    pages: int
    rejected: int


class InboxIngest:
    """Reads groups of files; `run_id` is the Dagster run that they are read in. `accept_removals` lets pages go however
    many they are; where that was not accepted the files are not marked as read, and `held` tells what would have gone.
    `on_refusal` hears of what holds no page; `home` as `InboxReader` says.
    """

    def __init__(
        self,
        source: Source,
        lake: Lake,
        objects: Openable,
        *,
        on_progress: ProgressListener,
        run_id: str | None,
        accept_removals: bool = False,
        most_urls: int = _MOST_URLS,
        on_refusal: Callable[[Rejection], None] | None = None,
        home: str | None = None,
    ) -> None:
        self._source = source
        self._lake = lake
        self._objects = objects
        self._run_id = run_id
        self._accept_removals = accept_removals
        self._most_urls = most_urls
        self._refusals = RefusalLog(lake, source.name, on_refusal)
        self._reader = InboxReader(source, self._refusals, home)
        self._judge = InboxJudge(source, erased_urls(lake, source.name))
        self._known: KnownPages | None = None
        self._meter = Meter(STAGE, "pages", total=None, skipped=0, on_progress=on_progress)
        self._versions = Outbox(lake, PAGE_VERSIONS, source.name, self._meter)
        self.crawl_ids: list[str] = []
        self.files: list[ReadFile] = []
        self.counts: Counter[str] = Counter()
        self.changes = CrawlChanges()
        self.held: list[Losses] = []

    def read(self, group: list[DroppedFile]) -> None:
        """Read files as one crawl, or as several when they name very many URLs."""
        crawl = self._begin(_crawl_id(group, accepted=self._accept_removals))
        done, held = [], len(self.held)
        for file in group:
            try:
                facts, pieces = self._objects.open(file.place)
            except FileNotFoundError:
                continue  # deleted since it was listed
            if facts.etag != file.etag:
                continue  # written anew since it was listed: it is read when that has settled
            pages = 0
            for found in self._reader.read(file, pieces):
                pages += self._take(crawl, found)
                crawl = self._next_when_full(crawl)
            done.append(ReadFile(file, crawl.crawl_id, pages, self._refusals.in_file))
        self._close(crawl)
        if len(self.held) == held:
            self._remember(done)

    def _begin(self, crawl_id: str) -> InboxCrawl:
        if self._known is None:
            self._known = KnownPages.load(self._lake, self._source.name, without=crawl_id)
        return InboxCrawl(self._source, crawl_id, self._known)

    def finish(self) -> float:
        """Tell a last time; return the seconds that it took."""
        return self._meter.report(self._source.name).seconds

    def _take(self, crawl: InboxCrawl, found: FoundPage) -> int:
        """Judge a page and keep it; return 1 for a page, 0 for none."""
        body = found.page.body or b""
        self._meter.work(1, len(body))
        try:
            ruling = self._judge.judge(found)
        except LineRefused as refused:
            self._refusals.refuse(found.file, refused.rule, refused.reason, line=found.line, data=body)
            return 0
        except Exception as error:  # a page that breaks its reader must not keep the others out
            reason = f"the page cannot be read: {type(error).__name__}: {error}"
            self._refusals.refuse(found.file, type(error).__name__, reason, line=found.line, data=body)
            return 0
        if ruling.facts is not None and ruling.version is not None and not crawl.is_stored(found.url, ruling):
            row = version_row(
                as_answer(found),
                ruling.facts,
                source=self._source.name,
                url=found.url,
                version=ruling.version,
                crawl_id=crawl.crawl_id,
                fetched_at=found.seen_at,
            )
            self._versions.put([row], len(body))
        crawl.keep(found.url, ruling)
        return int(ruling.version is not None)

    def _next_when_full(self, crawl: InboxCrawl) -> InboxCrawl:
        if len(crawl) < self._most_urls:
            return crawl
        self._close(crawl)
        return crawl.next_part()

    def _close(self, crawl: InboxCrawl) -> None:
        """Write what is waiting, page versions first: no ledger row names a version that is not there."""
        self._versions.flush()
        self._refusals.flush()
        if len(crawl):
            closed = crawl.close(self._lake, run_id=self._run_id, accept_removals=self._accept_removals)
            self.counts.update(closed.counts)
            self.changes = self.changes + closed.changes
            self.held += [closed.held] if closed.held is not None else []
            self.crawl_ids.append(crawl.crawl_id)

    def _remember(self, done: Iterable[ReadFile]) -> None:
        rows = [
            {
                "key": read.file.key,
                "etag": read.file.etag,
                "modified_at": read.file.modified_at,
                "size": read.file.size,
                "crawl_id": read.crawl_id,
                "pages": read.pages,
                "rejected": read.rejected,
                "read_at": datetime.now(UTC),
            }
            for read in done
        ]
        self.files += done
        if rows:
            frame = pl.DataFrame(rows, schema=INBOX_FILES.schema.create_empty().drop("source").schema)
            self._lake.append(INBOX_FILES, frame, source=self._source.name)


def _crawl_id(group: list[DroppedFile], *, accepted: bool) -> str:
    """Name the reading of these very files: read again after it was cut off, they bring the same rows."""
    newest = max(file.modified_at for file in group)
    files = (part for file in group for part in (file.key, file.etag, file.modified_at.isoformat()))
    name = content_id("accepted" if accepted else "", *files)
    return f"{INBOX_PREFIX}{newest:%Y%m%dT%H%M%S%f}Z-{name[:8]}"
