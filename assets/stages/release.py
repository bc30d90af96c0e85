"""Embeddings -> index release: publish the live chunks of a source, once their index has passed its check."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import polars as pl

from assets.error import UpstreamBehind, UpstreamEmpty
from assets.stages.embedding import missing_vectors
from assets.stages.live import live_chunks
from assets.stages.meter import Meter, ProgressListener
from assets.stages.probe import SAMPLE, Probe, check_release
from assets.stages.report import StageReport
from assets.stages.starter import choose_starters
from assets.stages.vector_spool import VectorSpool
from assets.steps.chunk import ChunkingSettings, chunker_version
from assets.steps.clean import extractor_version
from data_contracts.chunk import CHUNKS
from data_contracts.crawl_ledger import CRAWL_LEDGER
from data_contracts.document import DOCUMENTS
from data_contracts.embedding import EMBEDDINGS
from data_contracts.identity import content_id
from data_contracts.index_release import INDEX_RELEASES
from data_contracts.page_version import PAGE_VERSIONS
from data_contracts.passage import Passage
from data_contracts.source import Source
from lake import Appended, Lake
from retrieval.embedder import Embedder
from retrieval.vector_store import PassageBatch, ReleaseManifest, VectorStore

STAGE = "vector_index"

_BATCH_CHUNKS = 512
_BUILT_FROM = (CRAWL_LEDGER, PAGE_VERSIONS, DOCUMENTS, CHUNKS, EMBEDDINGS)
_PAGE_COLUMNS = ("url", "markdown_hash", "page_version_id", "title", "fetched_at")


def release_id(source: str, model_id: str, chunks: pl.DataFrame) -> str:
    """Name a release by its source, its model and its chunks; not by page versions, which change with every nonce."""
    return content_id(source, model_id, *chunks["chunk_id"].sort())


def release_index(
    source: Source,
    lake: Lake,
    embedder: Embedder,
    store: VectorStore,
    settings: ChunkingSettings,
    *,
    on_progress: ProgressListener,
    keep: int = 3,
) -> StageReport:
    """Build the release of the live chunks beside the live one, check it, promote it, drop all but the last `keep`.

    The same chunks are the same release: then nothing is built. Raises UpstreamEmpty, UpstreamBehind and, when the
    built index does not answer its own probe, ReleaseRefused; the live release keeps answering in each case.
    """
    versions = extractor_version(source.selectors), chunker_version(settings, embedder.tokenizer_id)
    table_versions = {table.name: lake.version(table) for table in _BUILT_FROM}
    chunks, spool = _spooled(lake, source.name, embedder, *versions)
    with spool:
        manifest = _manifest(lake, source, embedder, versions, chunks)
        live = store.live(source.name)
        is_new = live is None or live.release_id != manifest.release_id
        todo = manifest.chunks if is_new else 0
        meter = Meter(STAGE, "chunks", total=todo, skipped=manifest.chunks - todo, on_progress=on_progress)
        evaluation: Probe | None = None
        if is_new:
            store.build(manifest, _passages(lake, source.name, chunks, spool, meter))
            evaluation = check_release(store, manifest, _sample(lake, source.name, chunks), spool)
            store.promote(source.name, manifest.release_id)
        meter.rows(Appended(added=_record(lake, manifest, table_versions, evaluation)))
        _drop_old(store, source.name, keep)
    return meter.report(source.name, {"pages": manifest.pages, "chunks": manifest.chunks})


def _spooled(
    lake: Lake, source: str, embedder: Embedder, extractor: str, chunker: str
) -> tuple[pl.DataFrame, VectorSpool]:
    """The live chunks that have a vector, and their vectors. Raises UpstreamEmpty, UpstreamBehind."""
    chunks = live_chunks(lake, source, extractor, chunker).collect()
    if chunks.is_empty():
        raise UpstreamEmpty(f"source {source!r} has no chunks: materialize markdown, chunks and embeddings first")
    missing = missing_vectors(lake, source, chunks.select("chunk_id", "text_hash"), embedder.model_id)
    if not missing.is_empty():
        raise UpstreamBehind(
            f"{missing.height} of {chunks.height} live chunks of source {source!r} have no vector of "
            f"{embedder.model_id}: materialize embeddings first"
        )
    texts = chunks.select("text_hash").unique()
    spool = VectorSpool(lake, source, texts, embedder.model_id, embedder.dimension)
    return chunks.join(spool.texts, on="text_hash", how="semi"), spool


def _manifest(
    lake: Lake, source: Source, embedder: Embedder, versions: tuple[str, str], chunks: pl.DataFrame
) -> ReleaseManifest:
    extractor, chunker = versions
    return ReleaseManifest(
        source=source.name,
        release_id=release_id(source.name, embedder.model_id, chunks),
        title=source.display_title,
        model_id=embedder.model_id,
        dimension=embedder.dimension,
        chunker_version=chunker,
        extractor_version=extractor,
        pages=chunks["page_version_id"].n_unique(),
        chunks=chunks.height,
        built_at=datetime.now(UTC),
        starters=choose_starters(_headings(lake, source.name, chunks)),
    )


def _sample(lake: Lake, source: str, chunks: pl.DataFrame) -> pl.DataFrame:
    """Some live chunks' text_hash and text, the same for the same release."""
    ids = chunks.sort("chunk_id").sample(min(SAMPLE, chunks.height), seed=0).select("chunk_id").lazy()
    texts = lake.scan(CHUNKS, source=source).select("chunk_id", "text_hash", "text")
    return texts.join(ids, on="chunk_id", how="semi").collect(engine="streaming")


def _headings(lake: Lake, source: str, chunks: pl.DataFrame) -> Iterator[tuple[int, list[str]]]:
    ids = chunks.select("chunk_id").lazy()
    live = lake.scan(CHUNKS, source=source).select("chunk_id", "start", "end", "heading_path")
    found = live.join(ids, on="chunk_id", how="semi").collect(engine="streaming")
    for start, end, path in found.select("start", "end", "heading_path").iter_rows():
        yield end - start, path


def _passages(
    lake: Lake, source: str, chunks: pl.DataFrame, spool: VectorSpool, meter: Meter
) -> Iterator[PassageBatch]:
    """Stream the live chunks with what their citations need and their vectors."""
    pages = _pages(lake, source, chunks)
    keys = chunks.select("chunk_id")
    for frame in lake.batches(CHUNKS, keys, source=source, rows=_BATCH_CHUNKS):
        found, vectors = spool.join(frame.join(pages, on=["url", "markdown_hash"], maintain_order="left"))
        passages = [_passage(row) for row in found.iter_rows(named=True)]
        yield PassageBatch(passages, vectors)
        meter.work(len(passages), vectors.nbytes + int(found["text"].str.len_bytes().sum()))


def _pages(lake: Lake, source: str, chunks: pl.DataFrame) -> pl.DataFrame:
    """Each live page's title and fetch time, by url and markdown_hash."""
    live = chunks.lazy().select("url", "markdown_hash", "page_version_id").unique()
    documents = lake.scan(DOCUMENTS, source=source).select("page_version_id", "markdown_hash", "title")
    fetched = lake.scan(PAGE_VERSIONS, source=source).select("page_version_id", "fetched_at")
    found = live.join(documents, on=["page_version_id", "markdown_hash"]).join(fetched, on="page_version_id")
    return found.select(_PAGE_COLUMNS).unique(["url", "markdown_hash"]).collect()


def _passage(row: dict[str, Any]) -> Passage:
    fields = {field.name: row[field.name] for field in dataclasses.fields(Passage)}
    return Passage(**fields | {"heading_path": tuple(row["heading_path"])})


def _record(lake: Lake, manifest: ReleaseManifest, versions: dict[str, int | None], probe: Probe | None) -> int:
    """Write the release down, return 1; one that is there already stays as it is, return 0."""
    row = {
        "release_id": manifest.release_id,
        "model_id": manifest.model_id,
        "chunker_version": manifest.chunker_version,
        "extractor_version": manifest.extractor_version,
        "pages": manifest.pages,
        "chunks": manifest.chunks,
        "built_at": manifest.built_at,
        "versions": json.dumps(versions),
        "evaluation": None if probe is None else json.dumps(dataclasses.asdict(probe)),
    }
    schema = INDEX_RELEASES.schema.create_empty().schema
    return lake.append(INDEX_RELEASES, pl.DataFrame([row], schema=schema), source=manifest.source).added


def _drop_old(store: VectorStore, source: str, keep: int) -> None:
    """Keep the live release and the newest others, `keep` in all."""
    live = store.live(source)
    others = [found for found in store.releases(source) if live is None or found.release_id != live.release_id]
    for old in others[keep - 1 :]:
        store.drop(source, old.release_id)
