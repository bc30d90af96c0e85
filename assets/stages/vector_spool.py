"""Vectors of a source on local disk, to be looked up by text while its chunks stream by."""

from __future__ import annotations

import tempfile
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
import polars as pl

from data_contracts.embedding import EMBEDDINGS
from lake import Lake
from retrieval.embedder import Vectors

_BATCH_VECTORS = 2048


class VectorSpool:
    """A file of vectors in a temporary folder, with a table of which row holds which text's.

    Lake tables are in no order that a join could stream by, so the vectors are read once, in stored order, into a file
    that the system pages in as needed; memory holds 72 bytes a text, not 1.5 KB.
    """

    def __init__(self, lake: Lake, source: str, texts: pl.DataFrame, model_id: str, dimension: int) -> None:
        """Take the vectors of `texts` (column text_hash) under one model."""
        self._folder = tempfile.TemporaryDirectory(prefix="lorechat-vectors-")
        self._path = Path(self._folder.name) / "vectors.f32"
        self._dimension = dimension
        self._rows = self._fill(lake, source, texts.with_columns(model_id=pl.lit(model_id)))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._folder.cleanup()

    @property
    def texts(self) -> pl.DataFrame:
        """The texts that have a vector (column text_hash)."""
        return self._rows.select("text_hash")

    def join(self, chunks: pl.DataFrame) -> tuple[pl.DataFrame, Vectors]:
        """Return those of `chunks` whose text has a vector, and their vectors in the same order."""
        found = chunks.join(self._rows, on="text_hash", how="inner", maintain_order="left")
        if found.is_empty():
            return found.drop("row"), np.empty((0, self._dimension), dtype=np.float32)
        shape = (self._rows.height, self._dimension)
        vectors = np.memmap(self._path, dtype=np.float32, mode="r", shape=shape)
        return found.drop("row"), np.asarray(vectors[found["row"].to_numpy()], dtype=np.float32)

    def _fill(self, lake: Lake, source: str, keys: pl.DataFrame) -> pl.DataFrame:
        hashes: list[pl.Series] = [pl.Series("text_hash", [], dtype=pl.String)]
        with self._path.open("wb") as file:
            for frame in lake.batches(
                EMBEDDINGS, keys, source=source, columns=("text_hash", "vector"), rows=_BATCH_VECTORS
            ):
                file.write(frame["vector"].explode().to_numpy().astype(np.float32, copy=False).tobytes())
                hashes.append(frame["text_hash"])
        return pl.concat(hashes).to_frame().with_row_index("row")
