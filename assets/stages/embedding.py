"""Chunks -> embeddings: embed each distinct text of the live chunks that has no vector under the model in use."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime

import numpy as np
import polars as pl

from assets.error import UpstreamEmpty
from assets.stages.batch_memory import BatchMemory
from assets.stages.chosen import Chosen
from assets.stages.live import live_chunks
from assets.stages.meter import Meter, ProgressListener
from assets.stages.pace import Pace
from assets.stages.put_aside import put_aside, without
from assets.stages.report import StageReport
from assets.stages.shard import Shard
from assets.stages.workplace import Workforce
from assets.steps.chunk import ChunkingSettings, chunker_version
from assets.steps.clean import extractor_version
from data_contracts.chunk import CHUNKS
from data_contracts.embedding import EMBEDDINGS
from data_contracts.source import Source
from lake import Lake
from retrieval.embedder import Embedder, Vectors
from retrieval.tuning import BatchLimits, BatchTuner

STAGE = "embeddings"

_WINDOW_TEXTS = 1024
_FIRST_SLICE = 32
_SLICE_SECONDS = (0.4, 1.2)
_NORM_TOLERANCE = 1e-3


def embed_chunks(
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
    """Embed what is missing (in the shard, or of the chosen pages), a window of texts at a time; much of it by a crew's
    workers.

    Raises UpstreamEmpty, ModelUnavailable and, with a crew, WorkerFailed, WorkerBusy.
    """
    versions = extractor_version(source.selectors), chunker_version(settings, embedder.tokenizer_id)
    chunks = live_chunks(lake, source.name, *versions, chosen=chosen).select("chunk_id", "text_hash").collect()
    if chunks.is_empty():
        raise UpstreamEmpty(f"source {source.name!r} has no chunks: materialize markdown and chunks first")
    if shard is not None:
        chunks = chunks.filter(shard.where(pl.col("text_hash")))
    distinct = chunks.unique("text_hash")
    missing = missing_vectors(lake, source.name, distinct, embedder.model_id)
    skipped = distinct.height - missing.height
    meter = Meter(STAGE, "texts", total=missing.height, skipped=skipped, on_progress=on_progress)
    counts = {"chunks": chunks.height, "distinct texts": distinct.height}
    if crew is not None and (hands := crew.hands(STAGE, missing.height)) > 0:
        crew.run(STAGE, source, lake, meter, hands=hands, embedder=embedder, chunking=settings)
        return meter.report(source.name, counts)
    memory = BatchMemory(lake, STAGE, f"{embedder.model_id} {embedder.engine}", "padded tokens")
    pace = Pace(BatchTuner(embedding_limits(embedder.budget), home=embedder.budget, start=memory.best()))
    slices = _SliceSize()
    for window in _windows(lake, source.name, missing):
        pace.tuner.new_stretch()
        vectors = np.concatenate([_embed(part, embedder, slices, pace, meter) for part in _slices(window, slices)])
        meter.quarantined(_append(lake, source.name, window, vectors, embedder.model_id, meter))
    memory.keep(source.name, pace.tuner)
    meter.batches(pace.tuner.points, pace.tuner.best)
    return meter.report(source.name, counts)


def embedding_limits(budget: int) -> BatchLimits:
    """From a quarter to four times what suits the engine; a batch must hold the longest text."""
    return BatchLimits(least=max(1, budget // 4), most=4 * budget, step=max(1, budget // 4))


def missing_vectors(lake: Lake, source: str, chunks: pl.DataFrame, model_id: str) -> pl.DataFrame:
    """Return those of `chunks` whose text has neither a vector nor a place in quarantine under this model."""
    keys = chunks.lazy().select("text_hash")
    missing = lake.missing(keys, EMBEDDINGS, source=source, where=pl.col("model_id") == model_id)
    left = without(missing, texts_put_aside(lake, source, model_id))
    return chunks.join(left, on="text_hash", how="semi")


def texts_put_aside(lake: Lake, source: str, model_id: str) -> pl.LazyFrame:
    """Return the text_hash of the texts that this model made no usable vector of."""
    aside = put_aside(lake, source, stages=(STAGE,), columns=("text_hash", "model_id"))
    return aside.filter(pl.col("model_id") == model_id).select("text_hash")


def _windows(lake: Lake, source: str, missing: pl.DataFrame) -> Iterator[pl.DataFrame]:
    """Full windows of texts, each sorted by length so that batches are padded little."""
    columns = ("text_hash", "text", "tokens")
    waiting: list[pl.DataFrame] = []
    for frame in lake.batches(CHUNKS, missing.select("chunk_id"), source=source, columns=columns, rows=_WINDOW_TEXTS):
        waiting.append(frame)
        if sum(part.height for part in waiting) >= _WINDOW_TEXTS:
            yield pl.concat(waiting).sort("tokens")
            waiting = []
    if waiting:
        yield pl.concat(waiting).sort("tokens")


class _SliceSize:
    """How many texts to embed in one call, so that a call takes about a second whatever the model and machine."""

    def __init__(self) -> None:
        self.texts = _FIRST_SLICE

    def took(self, seconds: float) -> None:
        shortest, longest = _SLICE_SECONDS
        if seconds < shortest:
            self.texts = min(self.texts * 2, _WINDOW_TEXTS)
        elif seconds > longest:
            self.texts = max(self.texts // 2, 8)


def _slices(window: pl.DataFrame, size: _SliceSize) -> Iterator[pl.DataFrame]:
    start = 0
    while start < window.height:
        part = window.slice(start, size.texts)
        start += part.height
        yield part


def _embed(part: pl.DataFrame, embedder: Embedder, size: _SliceSize, pace: Pace, meter: Meter) -> Vectors:
    """Embed a slice in one call, with the batch size of the moment; its rate is counted in tokens."""
    texts = part["text"].to_list()
    began = time.monotonic()
    vectors = pace.call(lambda budget: embedder.embed_passages(texts, budget=budget), units=int(part["tokens"].sum()))
    size.took(time.monotonic() - began)
    meter.work(len(texts), sum(len(text.encode()) for text in texts))
    return vectors


def _append(lake: Lake, source: str, window: pl.DataFrame, vectors: Vectors, model_id: str, meter: Meter) -> int:
    """Append the usable vectors and put aside the texts whose vector has no length of one; return how many."""
    norms = np.linalg.norm(vectors, axis=1)
    usable = np.abs(norms - 1) <= _NORM_TOLERANCE  # false for NaN, too
    bad = window.filter(~usable)
    rows = pl.DataFrame(
        {
            "text_hash": window.filter(usable)["text_hash"],
            "vector": pl.Series(vectors[usable], dtype=pl.Array(pl.Float32, vectors.shape[1])).arr.to_list(),
        }
    ).with_columns(
        model_id=pl.lit(model_id),
        dimension=pl.lit(vectors.shape[1], pl.Int32),
        embedded_at=pl.lit(datetime.now(UTC)),
    )
    meter.rows(lake.append(EMBEDDINGS, rows, source=source))
    aside = [{"text_hash": row["text_hash"], "model_id": model_id, "text": row["text"]} for row in bad.to_dicts()]
    reason = f"{model_id} gave a vector that is not finite or not of length one"
    return lake.quarantine(aside, source=source, stage=STAGE, rule="not_normalised", reason=reason)
