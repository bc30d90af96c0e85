"""The candidate of a source: the release that its live chunks make, before it is built."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

import polars as pl

from assets.error import UpstreamBehind, UpstreamEmpty
from assets.stages.embedding import missing_vectors
from assets.stages.live import live_chunks
from assets.stages.meter import Meter
from assets.stages.resizing import resized
from assets.stages.starter import choose_starters
from assets.stages.vector_spool import VectorSpool
from assets.steps.chunk import ChunkingSettings, chunker_version
from assets.steps.clean import extractor_version
from data_contracts.boilerplate import BOILERPLATE
from data_contracts.chunk import CHUNKS
from data_contracts.crawl_ledger import CRAWL_LEDGER, CRAWLS
from data_contracts.document import DOCUMENTS
from data_contracts.embedding import EMBEDDINGS
from data_contracts.identity import content_id
from data_contracts.page_version import PAGE_VERSIONS
from data_contracts.passage import Passage
from data_contracts.quarantine import QUARANTINE
from data_contracts.source import Source
from lake import Lake
from retrieval.embedder import Embedder
from retrieval.tuning import BatchTuner
from retrieval.vector_store import PassageBatch, ReleaseManifest

BUILT_FROM = (CRAWL_LEDGER, CRAWLS, PAGE_VERSIONS, DOCUMENTS, QUARANTINE, BOILERPLATE, CHUNKS, EMBEDDINGS)
"""The tables that decide what a release holds."""
BATCH_CHUNKS = 512
"""Rows that are read at a time, and given to a store where nothing was measured yet."""

_PAGE_COLUMNS = ("url", "markdown_hash", "page_version_id", "title", "fetched_at")


class Candidate:
    """The release that a source's live chunks make.

    `chunks` are chunk_id, text_hash, url, markdown_hash, page_version_id of what it holds; `table_versions` are the
    versions of the lake's tables that it was read from, by name. What costs more than names is read when it is asked
    for, since most often the release is live already.
    """

    def __init__(
        self,
        source: Source,
        lake: Lake,
        embedder: Embedder,
        chunks: pl.DataFrame,
        versions: tuple[str, str],
        table_versions: Mapping[str, int | None],
        closing: ExitStack,
    ) -> None:
        self.chunks = chunks
        self.table_versions = table_versions
        self.release_id = release_id(source.name, embedder.model_id, chunks)
        self.pages = chunks["url"].n_unique()
        self._source = source
        self._lake = lake
        self._embedder = embedder
        self._versions = versions
        self._closing = closing

    @cached_property
    def manifest(self) -> ReleaseManifest:
        """What the release is made of; built now."""
        extractor, chunker = self._versions
        return ReleaseManifest(
            source=self._source.name,
            release_id=self.release_id,
            title=self._source.display_title,
            model_id=self._embedder.model_id,
            dimension=self._embedder.dimension,
            chunker_version=chunker,
            extractor_version=extractor,
            pages=self.pages,
            chunks=self.chunks.height,
            built_at=datetime.now(UTC),
            starters=choose_starters(_headings(self._lake, self._source.name, self.chunks)),
        )

    @cached_property
    def spool(self) -> VectorSpool:
        """The chunks' vectors, on disk until the candidate is closed."""
        texts, embedder = self.chunks.select("text_hash").unique(), self._embedder
        spool = VectorSpool(self._lake, self._source.name, texts, embedder.model_id, embedder.dimension)
        return self._closing.enter_context(spool)

    def sample(self, size: int) -> pl.DataFrame:
        """Some chunks' text_hash and text, the same for the same release."""
        ids = self.chunks.sort("chunk_id").sample(min(size, self.chunks.height), seed=0).select("chunk_id").lazy()
        texts = self._lake.scan(CHUNKS, source=self._source.name).select("chunk_id", "text_hash", "text")
        return texts.join(ids, on="chunk_id", how="semi").collect(engine="streaming")


def release_id(source: str, model_id: str, chunks: pl.DataFrame) -> str:
    """Name a release by its source, its model and its chunks; not by page versions, which change with every nonce."""
    return content_id(source, model_id, *chunks["chunk_id"].sort())


@contextmanager
def candidate_of(source: Source, lake: Lake, embedder: Embedder, settings: ChunkingSettings) -> Iterator[Candidate]:
    """Yield the candidate of a source's live chunks. Raises UpstreamEmpty, UpstreamBehind."""
    versions = extractor_version(source.selectors), chunker_version(settings, embedder.tokenizer_id)
    table_versions = {table.name: lake.version(table) for table in BUILT_FROM}
    chunks = _with_vectors(lake, source.name, live_chunks(lake, source.name, *versions).collect(), embedder.model_id)
    with ExitStack() as closing:
        yield Candidate(source, lake, embedder, chunks, versions, table_versions, closing)


def _with_vectors(lake: Lake, source: str, chunks: pl.DataFrame, model_id: str) -> pl.DataFrame:
    """The chunks without those that the model makes no usable vector of. Raises UpstreamEmpty, UpstreamBehind."""
    if chunks.is_empty():
        raise UpstreamEmpty(f"source {source!r} has no chunks: materialize markdown, chunks and embeddings first")
    vectors = lake.scan(EMBEDDINGS, source=source).filter(pl.col("model_id") == model_id).select("text_hash")
    found = chunks.lazy().join(vectors, on="text_hash", how="semi").collect(engine="streaming")
    if found.height < chunks.height:
        missing = missing_vectors(lake, source, chunks.select("chunk_id", "text_hash"), model_id)
        if not missing.is_empty():
            raise UpstreamBehind(
                f"{missing.height} of {chunks.height} live chunks of source {source!r} have no vector of "
                f"{model_id}: materialize embeddings first"
            )
    if found.is_empty():
        raise UpstreamEmpty(f"source {source!r} has no chunk that {model_id} makes a vector of: see its quarantine")
    return found


def _headings(lake: Lake, source: str, chunks: pl.DataFrame) -> Iterator[tuple[int, list[str]]]:
    ids = chunks.select("chunk_id").lazy()
    live = lake.scan(CHUNKS, source=source).select("chunk_id", "start", "end", "heading_path")
    found = live.join(ids, on="chunk_id", how="semi").collect(engine="streaming")
    for start, end, path in found.select("start", "end", "heading_path").iter_rows():
        yield end - start, path


def passages(
    lake: Lake,
    source: str,
    chunks: pl.DataFrame,
    spool: VectorSpool,
    meter: Meter | None = None,
    tuner: BatchTuner | None = None,
) -> Iterator[PassageBatch]:
    """Stream chunks with what their citations need and their vectors; a tuner says how many at a time, and is told how
    long the taker of each batch needed."""
    pages = _pages(lake, source, chunks)
    frames = lake.batches(CHUNKS, chunks.select("chunk_id"), source=source, rows=BATCH_CHUNKS)
    for frame in frames if tuner is None else resized(frames, lambda: tuner.size):
        found, vectors = spool.join(frame.join(pages, on=["url", "markdown_hash"], maintain_order="left"))
        batch = [_passage(row) for row in found.iter_rows(named=True)]
        began = time.monotonic()
        yield PassageBatch(batch, vectors)
        if tuner is not None and frame.height == tuner.size:
            tuner.measured(len(batch), time.monotonic() - began)
        if meter is not None:
            meter.work(len(batch), vectors.nbytes + int(found["text"].str.len_bytes().sum()))


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
