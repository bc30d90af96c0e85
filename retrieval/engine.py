"""The seam under an embedder: what turns token ids into vectors."""

from __future__ import annotations

from typing import Protocol

import numpy as np
import numpy.typing as npt

from retrieval.embedder import Vectors

Ids = npt.NDArray[np.int64]


class Engine(Protocol):
    """Runs the default model's graph, one thread of computation per call. Safe to call from several threads, which is
    how bulk work uses all cores: batches run side by side faster than one batch split over the cores."""

    @property
    def name(self) -> str: ...

    @property
    def precision(self) -> str:
        """`fp32` or `bf16`: engines of one precision give the same vectors (to 1e-5)."""
        ...

    def run(self, ids: Ids, mask: Ids) -> Vectors:
        """Return normalised vectors, shape (batch, dimension), of ids and mask of shape (batch, length)."""
        ...
