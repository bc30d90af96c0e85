"""The seam between text and vectors."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
import numpy.typing as npt

Vectors = npt.NDArray[np.float32]


class Embedder(Protocol):
    """Turns texts into L2-normalised float32 vectors. Safe to call from several threads.

    `model_id` names weights (sha256), engine and precision, pooling and max length: two embedders with one id give
    the same vectors, and vectors of two ids are never compared.
    """

    @property
    def model_id(self) -> str: ...

    @property
    def dimension(self) -> int: ...

    @property
    def max_tokens(self) -> int:
        """Longest text it reads whole, in tokens without specials."""
        ...

    @property
    def tokenizer_id(self) -> str:
        """Names the tokenizer (12 hex digits of its file's sha256): chunks depend on it, not on the weights."""
        ...

    def token_offsets(self, text: str) -> list[tuple[int, int]]:
        """The text's tokens as (start, end) characters, without specials and without truncation."""
        ...

    @property
    def engine(self) -> str:
        """What computes the vectors, such as `openvino` or `torch cuda`: batch sizes that suit one suit no other."""
        ...

    @property
    def budget(self) -> int:
        """Padded tokens of one call that suit the engine when nothing was measured yet."""
        ...

    def embed_passages(self, texts: Sequence[str], *, budget: int | None = None) -> Vectors:
        """Return an array of shape (len(texts), dimension), rows in the order of the texts, in bulk.

        `budget` is the padded tokens of one call of the engine, by default its own; vectors do not depend on it.
        Errors: BatchTooLarge when that does not fit the memory, Throttled from a remote model.
        """
        ...

    def embed_query(self, text: str) -> Vectors:
        """Return an array of shape (dimension,), as fast as one text can be."""
        ...
