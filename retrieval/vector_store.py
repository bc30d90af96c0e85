"""The seam between vectors and neighbours: releases of a source, one of them live."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple, Protocol

from data_contracts.passage import Passage, ScoredPassage
from retrieval.embedder import Vectors
from retrieval.ranking import Ranking

RANKING = Ranking()
"""All techniques, with the weights that they were given."""


class SearchMode(StrEnum):
    """Which scores rank the passages."""

    HYBRID = "hybrid"
    DENSE = "dense"
    LEXICAL = "lexical"


@dataclass(frozen=True, slots=True)
class ReleaseManifest:
    """What a release is made of. `title` is the source's name for people; `starters` are headings of its pages that
    make good first questions; `evaluation` holds what its evaluation found, as JSON values, None before it."""

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
    evaluation: Mapping[str, Any] | None = None


class ChunkPlace(NamedTuple):
    """A chunk of a release and the page that it is a passage of."""

    chunk_id: str
    url: str


@dataclass(frozen=True, slots=True)
class PassageBatch:
    """Passages with their vectors, shape (len(passages), dimension)."""

    passages: Sequence[Passage]
    vectors: Vectors


class ReleaseReader(Protocol):
    """What asking needs of a store: which release of each source answers, and its passages."""

    def live(self, source: str) -> ReleaseManifest | None:
        """Return the live release of a source, None when there is none."""
        ...

    def sources(self) -> list[str]:
        """Return the sources that have a live release, sorted."""
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
        ranking: Ranking = RANKING,
    ) -> list[ScoredPassage]:
        """Return the best passages of the live release, or of a built one (to check it before it goes live), best
        first; passages of equal scores come in an order that does not depend on how the release was written. `vector`
        and `text` are the question's; ModelMismatch when the release was made with another model than `model_id`."""
        ...

    def page(self, source: str, url: str, *, release_id: str | None = None) -> list[Passage]:
        """Return the passages that the live release, or a built one, has of a page, in the order in which they stand
        on it; none for a page that it does not have."""
        ...

    def find(
        self,
        source: str,
        chunk_ids: Collection[str],
        *,
        vector: Vectors,
        model_id: str,
        release_id: str | None = None,
    ) -> list[ScoredPassage]:
        """Return those of the chunks that the live release (or a built one) holds, nearest to the question's `vector`
        first, with that closeness as their score; ModelMismatch as in `search`. Chunks that it does not hold, because
        their page was changed or erased, are left out."""
        ...


class VectorStore(ReleaseReader, Protocol):
    """Holds releases per source. A release is built aside, then promoted; searching reads the live one only.

    Errors: IndexMissing, IndexDamaged, ModelMismatch.
    """

    def build(self, manifest: ReleaseManifest, batches: Iterable[PassageBatch], *, base: str | None = None) -> None:
        """Write a release beside the live one. Building one that exists already changes nothing; a build that was
        cut off leaves nothing that can be searched. `base` names a built release of the source under the same model:
        a store that pays for what it is sent may take the passages that both have from there."""
        ...

    def evaluated(self, source: str, release_id: str, evaluation: Mapping[str, Any]) -> None:
        """Keep what a built release's evaluation found, as JSON values, in its manifest; a later one takes its
        place."""
        ...

    def promote(self, source: str, release_id: str) -> None:
        """Make a built release the live one, atomically."""
        ...

    def withdraw(self, source: str) -> None:
        """Take the live release out of service: the source has none until another promotion. It stays built."""
        ...

    def releases(self, source: str) -> list[ReleaseManifest]:
        """Return all built releases of a source, newest first."""
        ...

    def chunk_ids(self, source: str, release_id: str) -> Iterator[ChunkPlace]:
        """Yield the chunks of a built release, in no particular order, holding few of them at a time."""
        ...

    def contents(self, source: str, release_id: str) -> Iterator[PassageBatch]:
        """Yield a built release's passages with their vectors, in no particular order, a batch at a time: what another
        release is made of that leaves some of them out."""
        ...

    def drop(self, source: str, release_id: str) -> None:
        """Delete a release that is not live; dropping what is not there changes nothing."""
        ...

    def close(self) -> None:
        """Let go of connections and threads. A call after it opens them again."""
        ...
