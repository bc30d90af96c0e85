"""The seam between vectors and neighbours: releases of a source, one of them live."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from data_contracts.passage import Passage, ScoredPassage
from retrieval.embedder import Vectors


class SearchMode(StrEnum):
    """Which scores rank the passages."""

    HYBRID = "hybrid"
    DENSE = "dense"
    LEXICAL = "lexical"


@dataclass(frozen=True, slots=True)
class ReleaseManifest:
    """What a release is made of. `title` is the source's name for people; `starters` are headings of its pages that
    make good first questions."""

    source: str
    release_id: str
    title: str
    model_id: str
    dimension: int
    chunker_version: str
    extractor_version: str
    pages: int
    chunks: int
    built_at: datetime
    starters: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PassageBatch:
    """Passages with their vectors, shape (len(passages), dimension)."""

    passages: Sequence[Passage]
    vectors: Vectors


class VectorStore(Protocol):
    """Holds releases per source. A release is built aside, then promoted; searching reads the live one only.

    Errors: IndexMissing, IndexDamaged, ModelMismatch.
    """

    def build(self, manifest: ReleaseManifest, batches: Iterable[PassageBatch]) -> None:
        """Write a release beside the live one. Building one that exists already changes nothing; a build that was
        cut off leaves nothing that can be searched."""
        ...

    def promote(self, source: str, release_id: str) -> None:
        """Make a built release the live one, atomically."""
        ...

    def live(self, source: str) -> ReleaseManifest | None:
        """Return the live release of a source, None when there is none."""
        ...

    def releases(self, source: str) -> list[ReleaseManifest]:
        """Return all built releases of a source, newest first."""
        ...

    def sources(self) -> list[str]:
        """Return the sources that have a live release, sorted."""
        ...

    def drop(self, source: str, release_id: str) -> None:
        """Delete a release that is not live."""
        ...

    def search(
        self,
        source: str,
        *,
        vector: Vectors,
        text: str,
        model_id: str,
        limit: int,
        mode: SearchMode = SearchMode.HYBRID,
        release_id: str | None = None,
    ) -> list[ScoredPassage]:
        """Return the best passages of the live release, or of a built one (to check it before it goes live), best
        first. `vector` and `text` are the question's; ModelMismatch when the release was made with another model
        than `model_id`."""
        ...
