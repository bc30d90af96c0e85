"""The seam under the default model's embedder: what turns token ids into vectors."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from retrieval.embedder import Vectors

Ids = npt.NDArray[np.int64]


class Engine(Protocol):
    """Runs the model's graph. Safe to call from several threads.

    On a CPU a call computes in one thread, and bulk work uses all cores by calls side by side: as fast as one call
    split over the cores where the machine is idle, and without the stalls of threads waiting for each other where it
    is not.
    """

    @property
    def name(self) -> str: ...

    @property
    def precision(self) -> str:
        """`fp32` or `bf16`: engines of one precision give the same vectors (to 1e-5)."""
        ...

    def run(self, ids: Ids, mask: Ids) -> Vectors:
        """Return normalised vectors, shape (batch, dimension), of ids and mask of shape (batch, length)."""
        ...


@dataclass(frozen=True, slots=True)
class EngineSetup:
    """An engine, the precision it computes in, and the padded tokens of one call."""

    engine: str
    precision: str
    budget: int
