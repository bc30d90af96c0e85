"""Figures of a ranking, and texts made into releases that a store ranks."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice

from data_contracts.identity import text_hash
from data_contracts.passage import Passage
from retrieval.embedder import Embedder
from retrieval.vector_store import PassageBatch, ReleaseManifest, VectorStore

_BATCH = 512


@dataclass(frozen=True, slots=True)
class Excerpt:
    """A text to be found: `text` begins with its headings, `prefix_chars` long."""

    id: str
    title: str
    text: str
    prefix_chars: int = 0
    heading_path: tuple[str, ...] = ()
    anchor: str | None = None
    start: int = 0
    end: int = 1


def publish(store: VectorStore, source: str, excerpts: Sequence[Excerpt], embedder: Embedder) -> None:
    """Build and promote a release of the excerpts; a passage's URL is its excerpt's id."""
    manifest = ReleaseManifest(
        source=source,
        release_id=text_hash(source),
        title=source,
        model_id=embedder.model_id,
        dimension=embedder.dimension,
        chunker_version="bench",
        extractor_version="bench",
        pages=len({excerpt.id for excerpt in excerpts}),
        chunks=len(excerpts),
        built_at=datetime.now(UTC),
    )
    store.build(manifest, _batches(source, excerpts, embedder))
    store.promote(source, manifest.release_id)


def ndcg(ranked: Sequence[str], relevant: Mapping[str, int], depth: int = 10) -> float:
    """Return the normalised discounted cumulative gain of a ranking's first `depth` documents (as trec_eval does)."""
    gains = [relevant.get(document, 0) for document in ranked[:depth]]
    ideal = sorted(relevant.values(), reverse=True)[:depth]
    return _discounted(gains) / _discounted(ideal)


def distinct_urls(passages: Iterable[Passage]) -> list[str]:
    """Return the pages of the passages in order of their best one."""
    return list(dict.fromkeys(passage.url for passage in passages))


def _discounted(gains: Sequence[int]) -> float:
    return sum(gain / math.log2(rank + 2) for rank, gain in enumerate(gains))


def _batches(source: str, excerpts: Sequence[Excerpt], embedder: Embedder) -> Iterator[PassageBatch]:
    rest = iter(excerpts)
    while batch := list(islice(rest, _BATCH)):
        vectors = embedder.embed_passages([excerpt.text for excerpt in batch])
        yield PassageBatch([passage_of(source, excerpt) for excerpt in batch], vectors)


def passage_of(source: str, excerpt: Excerpt) -> Passage:
    """Return an excerpt as a passage of a source."""
    name = text_hash(excerpt.text)
    return Passage(
        chunk_id=name,
        source=source,
        url=excerpt.id,
        title=excerpt.title,
        heading_path=excerpt.heading_path,
        anchor=excerpt.anchor,
        text=excerpt.text,
        prefix_chars=excerpt.prefix_chars,
        start=excerpt.start,
        end=excerpt.end,
        page_version_id=name,
        markdown_hash=name,
        text_hash=name,
        fetched_at=datetime.now(UTC),
    )
