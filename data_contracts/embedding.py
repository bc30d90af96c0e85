"""`embeddings`: the vector of a distinct chunk text under one model."""

from __future__ import annotations

import dataframely as dy
import polars as pl

from data_contracts.table import Table, sha256_column, utc_column


class Embedding(dy.Schema):
    """One row per distinct chunk text of a source and embedding model.

    `vector` is L2-normalised float32 with `dimension` values, all finite.
    """

    source = dy.String(nullable=False, primary_key=True)
    text_hash = sha256_column(primary_key=True)
    model_id = dy.String(nullable=False, primary_key=True)
    dimension = dy.Int32(nullable=False, min=1)
    vector = dy.List(dy.Float32(nullable=False, allow_inf=False, allow_nan=False), nullable=False)
    embedded_at = utc_column()

    @dy.rule()
    def vector_has_its_dimension(cls) -> pl.Expr:
        return pl.col("vector").list.len() == pl.col("dimension")


EMBEDDINGS = Table("embeddings", Embedding)
