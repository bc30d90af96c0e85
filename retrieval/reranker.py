"""A second look at the best passages, by a model that reads question and passage together (a cross-encoder).

Reading together is slower than comparing vectors by orders of magnitude, so it is for the best `RERANKED` passages
alone. The model is loaded at its first use: a chat that has none pays nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from threading import Lock
from typing import TYPE_CHECKING, Protocol

import numpy as np

from data_contracts.passage import ScoredPassage
from retrieval.embedder import Vectors
from retrieval.error import ModelUnavailable
from retrieval.ranking import comparable

if TYPE_CHECKING:
    from sentence_transformers import CrossEncoder

RERANKED = 30
"""How many passages are read at most."""

_BATCH = 8
_LONGEST = 512


class Reranker(Protocol):
    """Judges passages by reading them with the question."""

    def scores(self, question: str, texts: Sequence[str]) -> Vectors:
        """Return how well each text answers the question; higher is better. Errors: ModelUnavailable."""
        ...


class CrossEncoderReranker:
    """Any sentence-transformers cross-encoder, by its name or its folder. Safe under threads: one reads at a time."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._model: CrossEncoder | None = None
        self._reading = Lock()

    def scores(self, question: str, texts: Sequence[str]) -> Vectors:
        """Return the model's score of each text."""
        with self._reading:
            if self._model is None:
                self._model = _loaded(self._name)
            found = self._model.predict(
                [(question, text) for text in texts], batch_size=_BATCH, show_progress_bar=False
            )
        scores: Vectors = np.asarray(found, dtype=np.float32).reshape(len(texts), -1)[:, -1]
        return scores


def reranked(question: str, found: Sequence[ScoredPassage], reranker: Reranker) -> list[ScoredPassage]:
    """Return the passages with the first `RERANKED` in the model's order, equal ones as they were.

    Their scores become the ones that were there before, in falling order, so that a score still means the same.
    """
    read, rest = found[:RERANKED], found[RERANKED:]
    if len(read) < 2:
        return list(found)
    scores = comparable(reranker.scores(question, [scored.passage.text for scored in read]))
    order = np.argsort(-scores, kind="stable")
    return [*(replace(read[at], score=read[rank].score) for rank, at in enumerate(order)), *rest]


def _loaded(name: str) -> CrossEncoder:
    try:
        from sentence_transformers import CrossEncoder
    except ImportError as error:
        raise ModelUnavailable(
            f"The reranker {name} needs the extra `local`, which is not installed. Install it with "
            "`pip install 'lorechat[local]'`, or leave `LORECHAT_RERANKER` empty."
        ) from error
    try:
        model: CrossEncoder = CrossEncoder(name, max_length=_LONGEST, device="cpu")
    except (OSError, ValueError, RuntimeError) as error:
        raise ModelUnavailable(
            f"The reranker {name} cannot be loaded ({error}). Set `LORECHAT_RERANKER` to the name or the folder of a "
            "sentence-transformers cross-encoder, or leave it empty."
        ) from error
    return model
