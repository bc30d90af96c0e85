"""Live documents -> JSONL files below `processed/<source>/` of the lake's place, for whoever works on with them.

Each run adds files with what changed since the one before; an unchanged run writes nothing. Files are numbered in the
order in which they are to be read, and named after their content, so that a run that was cut off writes the same file
again. `000001-<hash>.jsonl` holds a document a line; `removed/000002-<hash>.jsonl` holds `url` and `removed_at` of
documents that are no more. What the last line about a URL says is how it stands.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import polars as pl

from assets.stages.live import live_documents
from assets.steps.clean import extractor_version
from data_contracts.document import DOCUMENTS
from data_contracts.export import EXPORTS
from data_contracts.identity import content_id
from data_contracts.source import Source
from lake import Lake, ObjectFolder

PROCESSED = "processed"
FIELDS = ("title", "source_text", "source_link", "url", "content_type", "extracted_at", "markdown")
"""What a line tells of a document."""

_FILE_BYTES = 32_000_000
_BATCH_ROWS = 64


@dataclass(frozen=True, slots=True)
class ExportReport:
    """`documents` were written and `removed` ones noted, in `files` (below the source's folder)."""

    folder: str
    documents: int
    removed: int
    files: tuple[str, ...]


def told(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a line says of a row with FIELDS."""
    return {**document, "extracted_at": document["extracted_at"].isoformat()}


def export_documents(source: Source, lake: Lake, objects: ObjectFolder) -> ExportReport:
    """Write what is not exported yet. Errors: UpstreamEmpty, LakeUnreachable, LakeBusy."""
    version = extractor_version(source.selectors)
    live = live_documents(lake, source.name, version).collect()
    stands = _stands(lake, source.name)
    export = _Export(source.name, lake, objects, int(stands["number"].max() or 0))  # type: ignore[arg-type]  # an Int64
    exported = stands.filter(pl.col("markdown_hash").is_not_null())
    new = live.join(exported, on=["url", "markdown_hash"], how="anti")
    for batch in _documents(lake, source.name, new):
        export.write("", batch)
    gone = exported.join(live, on="url", how="anti")["url"].sort().to_list()
    removed_at = datetime.now(UTC).isoformat()
    if gone:
        export.write("removed/", [({"url": url, "removed_at": removed_at}, url, None) for url in gone])
    return ExportReport(f"{objects.url}/{PROCESSED}/{source.name}", new.height, len(gone), tuple(export.files))


def _stands(lake: Lake, source: str) -> pl.DataFrame:
    """What was exported last of each URL."""
    rows = lake.scan(EXPORTS, source=source).select("url", "number", "markdown_hash")
    return rows.sort("number").unique("url", keep="last", maintain_order=True).collect()


_Line = tuple[Mapping[str, Any], str, str | None]
"""What is written, the URL that it is about and the document's hash."""


def _documents(lake: Lake, source: str, new: pl.DataFrame) -> Iterator[list[_Line]]:
    """Lines of documents, as many together as a file holds."""
    lines: list[_Line] = []
    size = 0
    keys = new.select("page_version_id", "extractor_version")
    columns = (*FIELDS, "markdown_hash")
    for frame in lake.batches(DOCUMENTS, keys, source=source, columns=columns, rows=_BATCH_ROWS):
        for row in frame.iter_rows(named=True):
            hash_ = row.pop("markdown_hash")
            lines.append((told(row), row["url"], hash_))
            size += len(row["markdown"])
        if size >= _FILE_BYTES:
            yield lines
            lines, size = [], 0
    if lines:
        yield lines


class _Export:
    """Writes numbered files and then notes them: what was noted is there."""

    def __init__(self, source: str, lake: Lake, objects: ObjectFolder, last: int) -> None:
        self._source = source
        self._lake = lake
        self._objects = objects
        self._last = last
        self.files: list[str] = []

    def write(self, folder: str, lines: list[_Line]) -> None:
        """Write a file of lines."""
        self._last += 1
        data = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line, _, _ in lines).encode()
        names = (part for _, url, hash_ in lines for part in (url, hash_ or ""))
        file = f"{folder}{self._last:06d}-{content_id(*names)[:12]}.jsonl"
        self._objects.write(f"{PROCESSED}/{self._source}/{file}", data)
        now = datetime.now(UTC)
        rows = [
            {"url": url, "number": self._last, "file": file, "markdown_hash": hash_, "exported_at": now}
            for _, url, hash_ in lines
        ]
        frame = pl.DataFrame(rows, schema=EXPORTS.schema.create_empty().drop("source").schema)
        self._lake.append(EXPORTS, frame, source=self._source)
        self.files.append(file)
