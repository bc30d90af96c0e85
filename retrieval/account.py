"""What is told about a page, in the order in which it happened, and what follows from it.

The command `lorechat why` and the chat's page show the same account.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from lake.page_history import ChunkFacts, PageHistory, Sighting
from retrieval.conclusion import Conclusion, conclude, is_held
from retrieval.presence import Presence
from retrieval.standing import Standing


@dataclass(frozen=True, slots=True)
class Moment:
    """Something that happened to the page; `at` is None for what has no time of its own."""

    at: datetime | None
    topic: str
    text: str


@dataclass(frozen=True, slots=True)
class Account:
    """The account of a URL in a source. `histories` leads from the URL that was asked about to the page that answers
    for it; `moments` are in order of time, those about where the page was found first."""

    histories: tuple[PageHistory, ...]
    presences: tuple[Presence, ...]
    standing: Standing | None
    moments: tuple[Moment, ...]
    conclusion: Conclusion

    @property
    def source(self) -> str:
        return self.histories[0].source

    @property
    def url(self) -> str:
        """The URL that was asked about."""
        return self.histories[0].url

    @property
    def page(self) -> PageHistory:
        """The page that answers for it."""
        return self.histories[-1]

    @property
    def is_known(self) -> bool:
        return self.histories[0].is_known


def tell(histories: Sequence[PageHistory], presences: Sequence[Presence], standing: Standing | None = None) -> Account:
    """Put the facts about a URL together; `histories` as `lake.lineage.answering_history` returns them, `presences`
    those of the last one's releases."""
    page = histories[-1]
    found = [moment for history in histories for moment in _found(history)]
    happened = [moment for history in histories for moment in _crawled(history, named=len(histories) > 1)]
    happened += [*_made(page), *_published(presences)]
    conclusion = conclude(page, presences, standing)
    if len(histories) > 1:
        named = Conclusion(conclusion.answers, f"It leads to {page.url}. {conclusion.sentence}", conclusion.advice)
        conclusion = named
    return Account(
        histories=tuple(histories),
        presences=tuple(presences),
        standing=standing,
        moments=(*found, *sorted(happened, key=_time)),
        conclusion=conclusion,
    )


def _time(moment: Moment) -> tuple[bool, float]:
    return moment.at is not None, moment.at.timestamp() if moment.at else 0.0


def _found(history: PageHistory) -> Iterator[Moment]:
    if not history.discovered:
        return
    first = history.sightings[0].seen_at if history.sightings else None
    if len(history.discovered) == 1:
        yield Moment(first, "found", f"{history.url} is a start URL, or a sitemap or the inbox named it")
    else:
        yield Moment(first, "found", " → ".join(reversed(history.discovered)))
    if history.aliases:
        yield Moment(None, "found", f"It also answers for {', '.join(history.aliases)}")


def _crawled(history: PageHistory, *, named: bool) -> Iterator[Moment]:
    """One moment for each row of crawls in which the same was decided."""
    for _, group in groupby(history.sightings, key=lambda seen: (seen.verdict, seen.reason, seen.page_version_id)):
        run = list(group)
        again = f" and in {len(run) - 1} more, the last on {run[-1].seen_at:%Y-%m-%d %H:%M}" if len(run) > 1 else ""
        url = f" {history.url}" if named else ""
        yield Moment(run[0].seen_at, "crawl", f"{_decided(run[0], url)} in crawl {run[0].crawl_id}{again}")


def _decided(seen: Sighting, url: str) -> str:
    status = f", status {seen.status}" if seen.status is not None and "status" not in seen.reason else ""
    size = f", {seen.body_bytes:,} bytes" if seen.body_bytes else ""
    reason = f" ({seen.reason})" if seen.reason and seen.reason != seen.verdict.value else ""
    held = "; held, so it keeps answering" if is_held(seen) else ""
    open_end = "; that crawl has not ended, so this does not count yet" if _is_waiting(seen) else ""
    return f"{seen.verdict.value}{url}{reason}{status}{size}{held}{open_end}"


def _is_waiting(seen: Sighting) -> bool:
    return not seen.counts and not seen.verdict.is_unknown and seen.crawl is None


def _made(page: PageHistory) -> Iterator[Moment]:
    met = {seen.page_version_id: seen.seen_at for seen in reversed(page.sightings)}  # the first one stays
    for version in page.versions:
        tag = f", ETag {version.etag}" if version.etag else ""
        last = f", last met on {version.last_seen:%Y-%m-%d %H:%M}"
        yield Moment(
            met.get(version.page_version_id, version.fetched_at),
            "version",
            f"version {version.page_version_id[:12]}: {version.body_bytes:,} bytes, sha256 {version.body_hash[:12]}"
            f"{tag}{last}",
        )
    for document in page.documents:
        flags = f", flags {', '.join(document.flags)}" if document.flags else ""
        yield Moment(
            document.extracted_at,
            "document",
            f"document of version {document.page_version_id[:12]} by extractor {document.extractor_version[:16]}: "
            f"“{document.title}”, {document.characters:,} characters, language {document.language}{flags}; "
            f"{_cut(document.markdown_hash, page.chunks)}",
        )
    for rejected in page.rejected:
        where = f"quarantine of {rejected.stage}, rule {rejected.rule}"
        yield Moment(rejected.quarantined_at, "quarantine", f"{where}: {rejected.reason}")
    if page.erased_at is not None:
        yield Moment(page.erased_at, "erased", "erased on request")


def _cut(markdown_hash: str, chunks: Sequence[ChunkFacts]) -> str:
    versions: dict[str, int] = {}
    for chunk in chunks:
        if chunk.markdown_hash == markdown_hash:
            versions[chunk.chunker_version] = versions.get(chunk.chunker_version, 0) + 1
    if not versions:
        return "not cut into chunks"
    return ", ".join(f"{count} chunks by chunker {version}" for version, count in versions.items())


def _published(presences: Sequence[Presence]) -> Iterator[Moment]:
    before: frozenset[str] = frozenset()
    for presence in presences:
        own = presence.chunk_ids
        if own or before:
            count = "no longer kept" if own is None else f"{len(own)} chunks of it"
            live = " (live now)" if presence.is_live else ""
            yield Moment(presence.built_at, "release", f"release {presence.release_id[:12]} built: {count}{live}")
            for news in presence.news:
                happened = news.event.value.replace("_", " ")
                yield Moment(news.at, "release", f"release {presence.release_id[:12]} {happened}: {news.reason}")
        before = own if own is not None else before
