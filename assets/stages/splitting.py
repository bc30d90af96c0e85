"""Documents -> chunks: cut the current documents whose markdown was not cut by the chunker in use."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import polars as pl

from assets.error import UpstreamEmpty
from assets.stages.live import live_documents
from assets.stages.meter import Meter, ProgressListener
from assets.stages.outbox import Outbox
from assets.stages.put_aside import put_aside, without
from assets.stages.report import StageReport
from assets.stages.shard import Shard
from assets.stages.sharding import Crew
from assets.steps.chunk import ChunkingSettings, Piece, chunker_version, split_markdown
from assets.steps.clean import extractor_version
from data_contracts.chunk import CHUNKS, chunk_id
from data_contracts.document import DOCUMENTS, Anchor
from data_contracts.identity import text_hash
from data_contracts.source import Source
from lake import Lake
from retrieval.embedder import Embedder

STAGE = "chunks"

_BATCH_DOCUMENTS = 32
_COLUMNS = ("url", "title", "markdown", "markdown_hash", "anchors")


def split_documents(
    source: Source,
    lake: Lake,
    embedder: Embedder,
    settings: ChunkingSettings,
    *,
    on_progress: ProgressListener,
    shard: Shard | None = None,
    crew: Crew | None = None,
) -> StageReport:
    """Cut what is missing (in the shard), counting in the embedder's own tokens; much of it by a crew's workers.

    Raises UpstreamEmpty and, with a crew, WorkerFailed, WorkerBusy.

    All chunks of a document are appended together, so a document has all of its chunks or none.
    """
    version = chunker_version(settings, embedder.tokenizer_id)
    extractor = extractor_version(source.selectors)
    documents = live_documents(lake, source.name, extractor).collect()
    if documents.is_empty():
        raise UpstreamEmpty(f"source {source.name!r} has pages but no documents: materialize markdown first")
    if shard is not None:
        documents = documents.filter(shard.where(pl.col("page_version_id")))
    missing = _missing(lake, source.name, documents, version)
    skipped = documents.height - missing.height
    meter = Meter(STAGE, "documents", total=missing.height, skipped=skipped, on_progress=on_progress)
    if crew is not None and (hands := crew.hands(STAGE, missing.height)) > 1:
        crew.run(STAGE, source, lake, meter, hands=hands, embedder=embedder, chunking=settings)
        return meter.report(source.name, {"documents": documents.height})
    outbox = Outbox(lake, CHUNKS, source.name, meter, rows=4096)
    for document in _documents(lake, source.name, missing):
        size = len(document["markdown"].encode())
        try:
            pieces = _pieces(document, embedder, settings)
        except Exception as error:  # one document's surprise may not stop the others; it is kept with its reason
            meter.quarantined(_put_aside(lake, source.name, document, version, error))
        else:
            outbox.put([_row(document, piece, version) for piece in pieces], size)
        meter.work(1, size)
    outbox.flush()
    return meter.report(source.name, {"documents": documents.height})


def _missing(lake: Lake, source: str, documents: pl.DataFrame, version: str) -> pl.DataFrame:
    """The documents that have neither chunks nor a place in quarantine under this chunker."""
    keys = documents.lazy().select("url", "markdown_hash")
    missing = lake.missing(keys, CHUNKS, source=source, where=pl.col("chunker_version") == version)
    columns = ("url", "markdown_hash", "chunker_version")
    aside = put_aside(lake, source, stages=(STAGE,), columns=columns).filter(pl.col("chunker_version") == version)
    left = without(missing, aside.select("url", "markdown_hash"))
    return documents.join(left, on=["url", "markdown_hash"], how="semi").select("page_version_id", "extractor_version")


def _documents(lake: Lake, source: str, missing: pl.DataFrame) -> Iterator[dict[str, Any]]:
    for frame in lake.batches(DOCUMENTS, missing, source=source, columns=_COLUMNS, rows=_BATCH_DOCUMENTS):
        yield from frame.iter_rows(named=True)


def _pieces(document: dict[str, Any], embedder: Embedder, settings: ChunkingSettings) -> list[Piece]:
    return split_markdown(
        document["markdown"],
        title=document["title"],
        anchors=[Anchor(**anchor) for anchor in document["anchors"]],
        token_offsets=embedder.token_offsets,
        settings=settings,
    )


def _put_aside(lake: Lake, source: str, document: dict[str, Any], version: str, error: Exception) -> int:
    """Keep a document that cannot be cut; its markdown stays in documents."""
    row = {"url": document["url"], "markdown_hash": document["markdown_hash"], "chunker_version": version}
    reason = f"cutting {document['url']} failed: {error}"
    return lake.quarantine([row], source=source, stage=STAGE, rule=type(error).__name__, reason=reason)


def _row(document: dict[str, Any], piece: Piece, version: str) -> dict[str, Any]:
    return {
        "chunk_id": chunk_id(document["url"], document["markdown_hash"], version, piece.position),
        "url": document["url"],
        "markdown_hash": document["markdown_hash"],
        "chunker_version": version,
        "position": piece.position,
        "start": piece.start,
        "end": piece.end,
        "heading_path": list(piece.heading_path),
        "anchor": piece.anchor,
        "text": piece.text,
        "prefix_chars": piece.prefix_chars,
        "text_hash": text_hash(piece.text),
        "tokens": piece.tokens,
    }
