"""How a source's pages came in this time: by a crawl, through the inbox, or both."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from assets.stages.crawl import STAGE, crawl_stage_report
from assets.stages.inbox import InboxReport
from assets.stages.report import StageReport
from data_contracts.crawl_changes import CrawlChanges
from lake import Lake
from scrapers.report import CrawlReport


@dataclass(frozen=True, slots=True)
class Arrival:
    """`crawl` is None for a source of dropped files alone, `inbox` when nothing was dropped."""

    source: str
    crawl: CrawlReport | None
    inbox: InboxReport | None

    @property
    def crawl_ids(self) -> tuple[str, ...]:
        """The ids of the ledger rows that came with it."""
        crawled = (self.crawl.crawl_id,) if self.crawl else ()
        return crawled + (self.inbox.crawl_ids if self.inbox else ())

    @property
    def changes(self) -> CrawlChanges:
        """The source's pages before against after."""
        changes = self.crawl.changes if self.crawl else CrawlChanges()
        return changes + self.inbox.changes if self.inbox else changes

    @property
    def outcome(self) -> str:
        """How it ended, in a sentence."""
        said = []
        if self.crawl:
            resumed = ", resumed" if self.crawl.resumed else ""
            said.append(f"{self.crawl.outcome} (crawl {self.crawl.crawl_id}{resumed})")
        if self.inbox:
            said.append(f"{self.inbox.files:,} files of the inbox with {self.inbox.pages:,} pages")
        return "; ".join(said) or "nothing new in the inbox"

    def stage_report(self, lake: Lake) -> StageReport:
        """Tell it as the other stages do."""
        if self.crawl is not None:
            return crawl_stage_report(lake, self.crawl)
        pages, seconds = (self.inbox.pages, self.inbox.seconds) if self.inbox else (0, 0.0)
        changes = self.changes
        return StageReport(
            stage=STAGE,
            source=self.source,
            unit="pages",
            done=pages,
            added=changes.new + changes.changed,
            skipped=changes.unchanged,
            quarantined=self.inbox.rejected if self.inbox else 0,
            seconds=seconds,
            bytes=0,
        )


def changes_told(changes: CrawlChanges) -> list[tuple[str, int]]:
    """Return what changed, in the order in which a person reads it."""
    return [(name.replace("_", " "), count) for name, count in asdict(changes).items()]
