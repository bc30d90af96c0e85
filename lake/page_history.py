"""What the lake knows of one URL of a source, from the link that led to it to the chunks that were cut from it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from data_contracts.crawl_ledger import REMOVALS_HELD
from data_contracts.verdict import Verdict


@dataclass(frozen=True, slots=True)
class CrawlFacts:
    """A crawl that has ended; see `data_contracts.crawl_ledger.Crawl`."""

    crawl_id: str
    started_at: datetime
    finished_at: datetime
    outcome: str
    removals: str | None
    run_id: str | None
    code_version: str | None


@dataclass(frozen=True, slots=True)
class Sighting:
    """What one crawl decided about the URL; `crawl` is None while that crawl has not ended."""

    crawl_id: str
    seen_at: datetime
    verdict: Verdict
    reason: str
    status: int | None
    page_version_id: str | None
    target_url: str | None
    discovered_from: str | None
    depth: int
    body_bytes: int
    elapsed_ms: int
    crawl: CrawlFacts | None

    @property
    def counts(self) -> bool:
        """Whether the verdict decides if the page answers; see `lake.current`."""
        if self.verdict.is_unknown:
            return False
        return self.verdict.is_present or (self.crawl is not None and self.crawl.removals != REMOVALS_HELD)


@dataclass(frozen=True, slots=True)
class VersionFacts:
    """A page version without its bytes. `last_seen` is when a crawl last met these bytes."""

    page_version_id: str
    crawl_id: str
    fetched_at: datetime
    last_seen: datetime
    fetched_url: str
    status: int
    content_type: str
    charset: str
    etag: str | None
    last_modified: str | None
    body_hash: str
    body_bytes: int


@dataclass(frozen=True, slots=True)
class DocumentFacts:
    """A document without its markdown; `characters` is the markdown's length."""

    page_version_id: str
    extractor_version: str
    title: str
    language: str
    flags: tuple[str, ...]
    markdown_hash: str
    characters: int
    extracted_at: datetime


@dataclass(frozen=True, slots=True)
class ChunkFacts:
    """A chunk of one of the page's documents."""

    chunk_id: str
    markdown_hash: str
    chunker_version: str
    position: int
    start: int
    end: int
    heading_path: tuple[str, ...]
    anchor: str | None
    tokens: int
    text: str
    prefix_chars: int


@dataclass(frozen=True, slots=True)
class Rejected:
    """A row about the page that broke a rule; `page_version_id` where the row names one."""

    stage: str
    rule: str
    reason: str
    quarantined_at: datetime
    page_version_id: str | None = None


@dataclass(frozen=True, slots=True)
class PageHistory:
    """Everything about a URL of a source, oldest first.

    `discovered` leads from the URL over the pages that linked to it to a start URL or sitemap; it is empty for a URL
    that no crawl ever saw. `aliases` are URLs that this page answers for. `erased_at` is when it was erased on request.
    """

    source: str
    url: str
    discovered: tuple[str, ...]
    aliases: tuple[str, ...]
    sightings: tuple[Sighting, ...]
    versions: tuple[VersionFacts, ...]
    documents: tuple[DocumentFacts, ...]
    chunks: tuple[ChunkFacts, ...]
    rejected: tuple[Rejected, ...]
    erased_at: datetime | None = None

    @property
    def is_known(self) -> bool:
        """Whether a crawl saw the URL, or the lake holds anything of it."""
        return bool(self.sightings or self.versions or self.erased_at)

    @property
    def evidence(self) -> Sighting | None:
        """The sighting that decides whether the page answers: the newest one that counts."""
        return next((seen for seen in reversed(self.sightings) if seen.counts), None)

    @property
    def current(self) -> VersionFacts | None:
        """The version that answers, None when the page does not exist."""
        seen = self.evidence
        if seen is None or not seen.verdict.is_present:
            return None
        return next((found for found in self.versions if found.page_version_id == seen.page_version_id), None)

    @property
    def current_document(self) -> DocumentFacts | None:
        """The newest document of the version that answers."""
        current = self.current
        own = [found for found in self.documents if current and found.page_version_id == current.page_version_id]
        return own[-1] if own else None

    @property
    def rejection(self) -> Rejected | None:
        """Why the version that would answer is in quarantine, None when it is not: it has a document, or none yet."""
        current = self.current
        if current is None or self.current_document is not None:
            return None
        about = (None, current.page_version_id)
        return next((one for one in reversed(self.rejected) if one.page_version_id in about), None)

    @property
    def leads_to(self) -> str | None:
        """The URL that answers for this one: the target of a redirect, or the page with the same content."""
        seen = self.evidence
        if seen is None or seen.verdict not in (Verdict.DUPLICATE_OF, Verdict.REDIRECTED):
            return None
        return seen.target_url
