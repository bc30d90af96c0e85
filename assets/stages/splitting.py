"""Documents -> chunks: cut the current documents whose markdown was not cut by the chunker in use."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import polars as pl

from assets.error import UpstreamEmpty
from assets.stages.boilerplate import document_cuts, keep_lesson, last_lesson, learn
from assets.stages.chosen import Chosen
from assets.stages.live import live_documents
from assets.stages.meter import Meter, ProgressListener
from assets.stages.outbox import Outbox
from assets.stages.put_aside import put_aside, without
from assets.stages.report import StageReport
from assets.stages.shard import Shard
from assets.stages.workplace import Workforce
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
_COLUMNS = ("page_version_id", "url", "title", "markdown", "markdown_hash", "anchors")


def split_documents(
    source: Source,
    lake: Lake,
    embedder: Embedder,
    settings: ChunkingSettings,
    *,
    on_progress: ProgressListener,
    shard: Shard | None = None,
    crew: Workforce | None = None,
    chosen: Chosen | None = None,
) -> StageReport:
    """Cut what is missing (in the shard, or of the chosen pages), counting in the embedder's own tokens; much of it by
    a crew's workers.

    What recurs on the source's pages is learned anew and left out; whoever cuts the last document keeps the lesson.
    With chosen pages nothing is learned, and the last lesson counts.
    Raises UpstreamEmpty and, with a crew, WorkerFailed, WorkerBusy.

    All chunks of a document are appended together, so a document has all of its chunks or none.
    """
    version = chunker_version(settings, embedder.tokenizer_id)
    documents = live_documents(lake, source.name, extractor_version(source.selectors)).collect().lazy()
    documents = documents if chosen is None else chosen.of(documents)
    lesson = learn(lake, source, documents) if chosen is None else last_lesson(lake, source.name)
    live = document_cuts(lake, source.name, documents, lesson.hashes, version, chosen=chosen)
    if live.is_empty():
        raise UpstreamEmpty(f"source {source.name!r} has pages but no documents: materialize markdown first")
    ours = live if shard is None else live.filter(shard.where(pl.col("page_version_id")))
    missing = _missing(lake, source.name, ours)
    skipped = ours.height - missing.height
    meter = Meter(STAGE, "documents", total=missing.height, skipped=skipped, on_progress=on_progress)
    if crew is not None and (hands := crew.hands(STAGE, missing.height)) > 0:
        crew.run(STAGE, source, lake, meter, hands=hands, embedder=embedder, chunking=settings)
    else:
        _split(source, lake, embedder, settings, missing, meter)
    if lesson.is_new and _missing(lake, source.name, live).is_empty():
        keep_lesson(lake, source.name, lesson)
    return meter.report(source.name, {"documents": ours.height, "blocks left out": len(lesson.hashes)})


def _split(
    source: Source, lake: Lake, embedder: Embedder, settings: ChunkingSettings, missing: pl.DataFrame, meter: Meter
) -> None:
    outbox = Outbox(lake, CHUNKS, source.name, meter, rows=4096)
    for document in _documents(lake, source.name, missing):
        size = len(document["markdown"].encode())
        try:
            pieces = _pieces(document, embedder, settings)
        except Exception as error:  # one document's surprise may not stop the others; it is kept with its reason
            meter.quarantined(_put_aside(lake, source.name, document, error))
        else:
            outbox.put([_row(document, piece) for piece in pieces], size)
        meter.work(1, size)
    outbox.flush()


def _missing(lake: Lake, source: str, documents: pl.DataFrame) -> pl.DataFrame:
    """The documents with text that have neither chunks nor a place in quarantine under their cutter."""
    keys = ["url", "markdown_hash", "chunker_version"]
    missing = lake.missing(documents.lazy().filter("has_text").select(keys), CHUNKS, source=source)
    left = without(missing, put_aside(lake, source, stages=(STAGE,), columns=keys))
    return documents.join(left, on=keys, how="semi")


def _documents(lake: Lake, source: str, missing: pl.DataFrame) -> Iterator[dict[str, Any]]:
    """Stream the documents, each with how it is cut."""
    keys = missing.select("page_version_id", "extractor_version")
    cuts = missing.select("page_version_id", "chunker_version", "left_out")
    for frame in lake.batches(DOCUMENTS, keys, source=source, columns=_COLUMNS, rows=_BATCH_DOCUMENTS):
        yield from frame.join(cuts, on="page_version_id", maintain_order="left").iter_rows(named=True)


def _pieces(document: dict[str, Any], embedder: Embedder, settings: ChunkingSettings) -> list[Piece]:
    return split_markdown(
        document["markdown"],
        title=document["title"],
        anchors=[Anchor(**anchor) for anchor in document["anchors"]],
        token_offsets=embedder.token_offsets,
        settings=settings,
        leave_out=[(start, end) for start, end in document["left_out"]],
    )


def _put_aside(lake: Lake, source: str, document: dict[str, Any], error: Exception) -> int:
    """Keep a document that cannot be cut; its markdown stays in documents."""
    row = {name: document[name] for name in ("url", "markdown_hash", "chunker_version")}
    reason = f"cutting {document['url']} failed: {error}"
    return lake.quarantine([row], source=source, stage=STAGE, rule=type(error).__name__, reason=reason)


def _row(document: dict[str, Any], piece: Piece) -> dict[str, Any]:
    version = document["chunker_version"]
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
