"""A trace in lines, from the answer's side to the site's: the same words in the terminal and on the chat's page."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import NamedTuple

from lake.passage_check import Row
from lake.trace import Trace

_ERASED = "erased on request on {:%Y-%m-%d %H:%M} UTC"
_GONE = "not in the lake any more: erased, or removed by upkeep"


class TraceLine(NamedTuple):
    """What a row of the chain says; `link` is an address for more, where there is one."""

    topic: str
    text: str
    link: str | None = None


def trace_lines(trace: Trace, dagster: str) -> Iterator[TraceLine]:
    """Yield the chain behind a citation; `dagster` is the address that runs are linked to."""
    if trace.erased_at is not None:
        yield TraceLine("erased", _ERASED.format(trace.erased_at))
    yield TraceLine("page", trace.citation["url"], trace.citation["link"])
    yield from _release(trace, dagster)
    yield from _chunk(trace.chunk)
    yield from _document(trace.document)
    yield from _version(trace.version)
    yield from _crawl(trace, dagster)


def _release(trace: Trace, dagster: str) -> Iterator[TraceLine]:
    source = trace.citation["source"]
    link = f"{dagster}/assets/vector_index?partition={source}"
    if trace.release is None:
        name = f"{trace.release_id[:12]}, " if trace.release_id else ""
        yield TraceLine("release", f"{name}{_GONE}", link)
        return
    row = trace.release
    yield TraceLine(
        "release",
        f"{row['release_id'][:12]} of {source}, built {row['built_at']:%Y-%m-%d %H:%M} UTC: {row['pages']:,} pages, "
        f"{row['chunks']:,} chunks",
        link,
    )
    yield TraceLine("model", row["model_id"])


def _chunk(chunk: Row | None) -> Iterator[TraceLine]:
    if chunk is None:
        yield TraceLine("chunk", _GONE)
        return
    yield TraceLine(
        "chunk",
        f"{chunk['chunk_id'][:12]}, number {chunk['position'] + 1} of its document, characters {chunk['start']:,} to "
        f"{chunk['end']:,}, {chunk['tokens']} tokens",
    )
    yield TraceLine("chunker", chunk["chunker_version"])


def _document(document: Row | None) -> Iterator[TraceLine]:
    if document is None:
        yield TraceLine("document", _GONE)
        return
    flags = f", flags {', '.join(document['flags'])}" if document["flags"] else ""
    yield TraceLine(
        "document",
        f"“{document['title']}”, {len(document['markdown']):,} characters of markdown, language {document['language']}"
        f"{flags}, extracted {document['extracted_at']:%Y-%m-%d %H:%M} UTC",
    )
    yield TraceLine("extractor", document["extractor_version"])


def _version(version: Row | None) -> Iterator[TraceLine]:
    if version is None:
        yield TraceLine("bytes", _GONE)
        return
    yield TraceLine(
        "bytes",
        f"version {version['page_version_id'][:12]}: {version['body_bytes']:,} bytes, {version['charset']}, status "
        f"{version['status']}, fetched {version['fetched_at']:%Y-%m-%d %H:%M:%S} UTC from {version['fetched_url']}",
    )
    yield TraceLine("sha256", version["body_hash"])
    headers = json.loads(version["headers"])
    yield TraceLine("headers", "; ".join(f"{name}: {value}" for name, value in headers.items()) or "none kept")


def _crawl(trace: Trace, dagster: str) -> Iterator[TraceLine]:
    if trace.version is None:
        return
    crawl = trace.crawl
    if crawl is None:
        yield TraceLine("crawl", f"{trace.version['crawl_id']}, which has no closing row in the lake")
    else:
        ended = f"{crawl.started_at:%Y-%m-%d %H:%M} to {crawl.finished_at:%H:%M} UTC, {crawl.outcome}"
        yield TraceLine("crawl", f"{crawl.crawl_id}, {ended}")
        if crawl.code_version:
            yield TraceLine("crawler", crawl.code_version)
        if crawl.run_id:
            yield TraceLine("run", f"Dagster run {crawl.run_id}", f"{dagster}/runs/{crawl.run_id}")
    if len(trace.discovered) > 1:
        yield TraceLine("found", " → ".join(reversed(trace.discovered)))
    elif trace.discovered:
        yield TraceLine("found", "a start URL, or a sitemap or the inbox named it")
