"""The seam between passages and an answer: who writes it."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass
from typing import Protocol

from chat_app.question import Question
from data_contracts.passage import Passage
from retrieval.embedder import Embedder


@dataclass(frozen=True, slots=True)
class Evidence:
    """What an answer may be made from: passages, best first, cited as 1, 2, ..., and the model that found them.
    `told` is the conversation so far as the prompt shows it, "" at its beginning: it explains the question and is no
    source."""

    passages: Sequence[Passage]
    embedder: Embedder
    told: str = ""


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens of one request to a model, as its provider counted them; `cached_tokens` are part of `input_tokens`."""

    input_tokens: int = 0
    output_tokens: int = 0
    cached_tokens: int = 0


@dataclass(frozen=True, slots=True)
class Wrote:
    """Who wrote the answer in the end. `notes` are sentences for the reader: which model was to write it and why it did
    not. `cost` is in US dollars, None where no price is known. `cached` says that it was written for an earlier
    question and given again. `whole` is False when the model broke off in the middle."""

    model: str
    usage: Usage = Usage()
    cost: float | None = None
    notes: tuple[str, ...] = ()
    cached: bool = False
    whole: bool = True


class Answerer(Protocol):
    """Writes an answer in markdown, citing passages as [n]. What it writes is verified by the server."""

    @property
    def model_name(self) -> str:
        """What people call it."""
        ...

    def stream(self, question: Question, evidence: Evidence) -> AsyncGenerator[str | Wrote, None]:
        """Yield the answer in pieces, then who wrote it. Errors: ProviderError and its kinds."""
        ...

    def prepare(self) -> None:
        """Load what is slow to load, in the caller's thread, so that the first question does not wait for it."""
        ...

    async def aclose(self) -> None:
        """Let go of connections."""
        ...
