"""An erased page in the files beside the tables: what was dropped into the inbox, and what was exported."""

from __future__ import annotations

import json
import re
import tempfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

import polars as pl

from assets.erasure.finding import Finding
from assets.erasure.target import Target
from assets.stages.inbox_address import file_address
from assets.stages.inbox_listing import INBOX, dropped_files
from assets.steps.byte_line import BrokenGzip, unpacked
from data_contracts.inbox_file import INBOX_FILES
from data_contracts.source import Source
from lake import Lake, ObjectFacts, ObjectFolder
from lake.table_history import end_history
from scrapers.canonical import canonical_url
from scrapers.scope import ScopeRules

_LINES = re.compile(r"\.(jsonl|ndjson)(\.gz)?$", re.IGNORECASE)
_HTML = re.compile(r"\.html?(\.gz)?$", re.IGNORECASE)
_GZIP = b"\x1f\x8b"


@dataclass(frozen=True, slots=True)
class _Tally:
    lines: int
    own: int
    mentions: int


class PageFiles:
    """The files of one source below one folder of the lake's place (`inbox` or `processed`)."""

    def __init__(self, objects: ObjectFolder, folder: str, source: Source, target: Target) -> None:
        self._objects = objects
        self._folder = f"{folder}/{source.name}"
        self._source = source
        self._target = target

    def search(self) -> Finding:
        """Count files and lines that hold the page, and those of others that name it."""
        tallies = [self._tally(file) for file in self._files()]
        own, mentions = sum(one.own for one in tallies), sum(one.mentions for one in tallies)
        return Finding(f"files {self._folder}/", "lines", own, 0, mentions)

    def clean(self, lake: Lake) -> None:
        """Delete the files that hold only the page, and the page's lines from others."""
        for file in self._files():
            tally = self._tally(file)
            if tally.own and tally.own == tally.lines:
                self._forget(lake, file.key.removeprefix(f"{self._folder}/"))
                self._objects.delete(file.key)
            elif tally.own:
                self._rewrite(lake, file)

    def _files(self) -> list[ObjectFacts]:
        return list(self._objects.files(self._folder))

    def _tally(self, file: ObjectFacts) -> _Tally:
        if self._target.is_whole:
            return _Tally(1, 1, 0)
        if _LINES.search(file.key):
            kinds = [self._kind(line) for line in self._lines(file) if line.strip()]
            return _Tally(len(kinds), kinds.count("own"), kinds.count("mention"))
        data = b"".join(self._unpacked(file))
        key = file.key.removeprefix(f"{self._folder}/")
        is_page = bool(_HTML.search(key))
        if is_page and file_address(self._source, ScopeRules(self._source), key, data) in self._target.urls:
            return _Tally(1, 1, 0)
        hits = self._target.wording.hits(data)
        return _Tally(1, 0, hits) if is_page else _Tally(1, min(hits, 1), 0)

    def _kind(self, line: bytes) -> str:
        try:
            row = json.loads(line.removeprefix(b"\xef\xbb\xbf"))
        except (ValueError, RecursionError):
            row = None
        url = (row.get("url") or row.get("uri")) if isinstance(row, dict) else None
        if isinstance(url, str):
            named = canonical_url(url, rules=self._source.urls)
            if url in self._target.urls or named in self._target.urls:
                return "own"
            return "mention" if self._target.wording.hits(line) else ""
        return "own" if self._target.wording.hits(line) else ""

    def _lines(self, file: ObjectFacts) -> Iterator[bytes]:
        """The lines with their ends: one page of a source fits into memory, and so does a line."""
        rest = b""
        for piece in self._unpacked(file):
            *lines, rest = (rest + piece).split(b"\n")
            yield from (line + b"\n" for line in lines)
        if rest:
            yield rest

    def _unpacked(self, file: ObjectFacts) -> Iterator[bytes]:
        try:
            yield from unpacked(self._objects.stream(file.key))
        except BrokenGzip:
            return  # what cannot be read was put aside when it was dropped

    def _rewrite(self, lake: Lake, file: ObjectFacts) -> None:
        """Write a file again without the page's lines. It counts as read if it was: nobody dropped anything new."""
        kept = (line for line in self._lines(file) if self._kind(line) != "own")
        is_packed = next(self._objects.stream(file.key), b"").startswith(_GZIP)
        key = file.key.removeprefix(f"{self._folder}/")
        was = lake.scan(INBOX_FILES, source=self._source.name).filter(pl.col("key") == key).collect()
        with tempfile.TemporaryFile() as aside:
            aside.writelines(_packed(kept) if is_packed else kept)
            aside.seek(0)
            self._objects.write(file.key, aside)
        drops = dropped_files(self._objects, self._source.name).get(self._source.name, [])
        new = [drop for drop in drops if drop.place == file.key]
        if new and not was.is_empty() and self._folder.startswith(INBOX):
            values = {"etag": new[0].etag, "size": new[0].size, "modified_at": new[0].modified_at}
            row = was.sort("read_at").tail(1).with_columns(**{name: pl.lit(value) for name, value in values.items()})
            lake.append(INBOX_FILES, row, source=self._source.name)

    def _forget(self, lake: Lake, key: str) -> None:
        """Forget that a file was read: the names of saved pages are addresses, too."""
        if self._folder.startswith(INBOX) and lake.erase(
            INBOX_FILES, pl.DataFrame({"key": [key]}), source=self._source.name
        ):
            end_history(lake, INBOX_FILES)


def _packed(lines: Iterator[bytes]) -> Iterator[bytes]:
    packer = zlib.compressobj(wbits=31)
    for line in lines:
        if packed := packer.compress(line):
            yield packed
    yield packer.flush()
