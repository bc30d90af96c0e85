"""The seam between passages and an answer: who writes it."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass
from typing import Protocol

from data_contracts.passage import Passage
from retrieval.embedder import Embedder


@dataclass(frozen=True, slots=True)
class Evidence:
    """What an answer may be made from: passages, best first, cited as 1, 2, ..., and the model that found them."""

    passages: Sequence[Passage]
    embedder: Embedder


class Answerer(Protocol):
    """Writes an answer in markdown, citing passages as [n]. What it writes is verified by the server."""

    @property
    def model_name(self) -> str:
        """What people call it."""
        ...

    def stream(self, question: str, evidence: Evidence) -> AsyncGenerator[str, None]:
        """Yield the answer in pieces. Errors: ProviderError and its kinds."""
        ...
