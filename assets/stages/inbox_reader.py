"""Files of the inbox -> the pages that they hold, one at a time, in memory bounded by the source's largest page."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from assets.stages.inbox_address import file_address
from assets.stages.inbox_listing import DroppedFile
from assets.stages.inbox_refusal import RefusalLog
from assets.steps.byte_line import BrokenGzip, ByteLine, read_lines, unpacked
from assets.steps.inbox_line import InboxPage, LineRefused, parse_line
from data_contracts.source import Source
from scrapers.canonical import canonical_url
from scrapers.scope import ScopeRules

_HTML = re.compile(r"\.html?(\.gz)?$", re.IGNORECASE)
_LINES = re.compile(r"\.(jsonl|ndjson)(\.gz)?$", re.IGNORECASE)
_SPARE_BYTES = 64_000  # of a line besides the page: its URL, headers and what other crawlers add
_ESCAPED = 2  # a page as JSON text is at most about so many times its size: \" for ", \u4e2d for three bytes


@dataclass(frozen=True, slots=True)
class FoundPage:
    """A page of the inbox under its canonical URL. `seen_at` is when it was as it is here; `file` and, in a list of
    pages, `line` are where it stands."""

    url: str
    page: InboxPage
    seen_at: datetime
    file: str
    line: int | None = None

    @property
    def place(self) -> str:
        """Where it stands, for people."""
        return self.file if self.line is None else f"{self.file}, line {self.line}"


class InboxReader:
    """Reads the files of one source; what holds no page goes to the log of refusals. An HTML file whose address nothing
    names gets its path below `home`, if there is one."""

    def __init__(self, source: Source, refusals: RefusalLog, home: str | None = None) -> None:
        self._source = source
        self._refusals = refusals
        self._home = home
        self._scope = ScopeRules(source)

    def read(self, file: DroppedFile, pieces: Iterable[bytes]) -> Iterator[FoundPage]:
        """Yield the pages in the bytes of a file."""
        self._refusals.begin_file()
        if _HTML.search(file.key):
            yield from self._read_html(file, pieces)
        elif _LINES.search(file.key):
            yield from self._read_lines(file, pieces)
        else:
            reason = "it is no page and no list of pages; drop .html, .jsonl or .ndjson files, packed as .gz or not"
            self._refusals.refuse(file.place, "unknown_kind", reason)
        self._refusals.end_file(file.place)

    def _read_html(self, file: DroppedFile, pieces: Iterable[bytes]) -> Iterator[FoundPage]:
        try:
            body = self._whole(pieces)
        except BrokenGzip as error:
            return self._refusals.refuse(file.place, "broken_gzip", f"{error}; drop it anew")
        if not body.strip():
            return self._refusals.refuse(file.place, "no_content", "it is empty; drop it anew")
        if len(body) > self._limit:
            return self._refusals.refuse(file.place, "too_large", self._too_large(), data=body)
        url = file_address(self._source, self._scope, file.key, body, home=self._home)
        if url is None:
            return self._refusals.refuse(file.place, "no_url", _no_address(file), data=body)
        page = InboxPage(url, body, content_type="text/html")
        yield FoundPage(url, page, _seen_at(page, file), file.place)
        return None

    def _whole(self, pieces: Iterable[bytes]) -> bytes:
        """The bytes of a file, or as many as show that they are too many."""
        body = bytearray()
        for piece in unpacked(pieces):
            body += piece
            if len(body) > self._limit:
                break
        return bytes(body)

    def _read_lines(self, file: DroppedFile, pieces: Iterable[bytes]) -> Iterator[FoundPage]:
        number = 0
        try:
            for line in read_lines(unpacked(pieces), limit=self._line_limit):
                number = line.number
                if line.data.strip() or line.is_cut:
                    yield from self._read_line(file, line)
        except BrokenGzip as error:
            reason = f"{error}; what follows cannot be read: write the file anew"
            self._refusals.refuse(file.place, "broken_gzip", reason, line=number + 1)

    def _read_line(self, file: DroppedFile, line: ByteLine) -> Iterator[FoundPage]:
        try:
            yield self._found(file, line)
        except LineRefused as refused:
            cut_off = "" if line.is_ended else " (the file ends here: was it cut off?)"
            reason = f"{refused.reason}{cut_off}"
            self._refusals.refuse(file.place, refused.rule, reason, line=line.number, data=line.data)

    def _found(self, file: DroppedFile, line: ByteLine) -> FoundPage:
        if line.is_cut:
            raise LineRefused("too_large", f"it is longer than {self._line_limit:,} bytes; {self._too_large()}")
        page = parse_line(line.data)
        if page.body is not None and len(page.body) > self._limit:
            raise LineRefused("too_large", self._too_large())
        url = canonical_url(page.url, rules=self._source.urls)
        if url is None:
            raise LineRefused("no_url", f"{page.url[:200]!r} is no web address; write it whole, with https://")
        return FoundPage(url, page, _seen_at(page, file), file.place, line.number)

    @property
    def _limit(self) -> int:
        return self._source.limits.page_bytes

    @property
    def _line_limit(self) -> int:
        return _ESCAPED * self._limit + _SPARE_BYTES

    def _too_large(self) -> str:
        return f"the page is larger than {self._limit:,} bytes; raise limits.page_bytes in the source's file to keep it"


def _no_address(file: DroppedFile) -> str:
    host = file.key.partition("/")[0]
    return (
        "nothing tells the page's address; put <link rel=canonical> into it, or the file below a folder that is named "
        f"after one of the source's hosts ({host!r} is none), or give the source a start URL"
    )


def _seen_at(page: InboxPage, file: DroppedFile) -> datetime:
    """When the page was as it stands here: as it says itself, else when its file was written; never in the future."""
    return min(page.fetched_at or file.modified_at, datetime.now(UTC))
