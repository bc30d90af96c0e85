"""The words of whole pages as rows of their own: an answer's words are often spread over its page.

A release's pages are in a namespace beside its passages, so that a term's rarity is counted among pages there and among
passages here. A page with more terms than a row may have is several rows, whose scores are added.
"""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Iterable, Iterator
from itertools import chain, count
from pathlib import Path

import numpy as np
from upstash_vector.types import QueryResult, SparseVector, Vector

from data_contracts.passage import Passage
from retrieval.page_index import PageIndex, PageKeyWriter, key_of
from retrieval.passage_file import PassageFile, PassageWriter
from retrieval.upstash.row import HASH, URL
from retrieval.upstash.sparse import MOST_TERMS, page_weights
from retrieval.vector_store import PassageBatch


class PageSpool:
    """Keeps passages on the disk while they are sent: a page's rows can be made when all of it has passed. Holds one
    batch, or one page, at a time."""

    def __init__(self) -> None:
        self._kept = tempfile.TemporaryDirectory(prefix="lorechat-pages-")
        self._folder = Path(self._kept.name)

    def close(self) -> None:
        """Delete what was kept."""
        self._kept.cleanup()

    def through(self, batches: Iterable[PassageBatch]) -> Iterator[PassageBatch]:
        """Yield the batches, keeping their passages."""
        with PassageWriter(self._folder / "passages.arrow") as passages, PageKeyWriter(self._folder) as keys:
            for batch in batches:
                passages.append(batch.passages)
                keys.append(batch.passages)
                yield batch

    def rows(self, dimension: int) -> Iterator[Vector]:
        """Yield the rows of all pages, when all batches went through."""
        pages = PageIndex(self._folder, PassageFile(self._folder / "passages.arrow"))
        for page in range(len(pages)):
            yield from _rows(pages.passages(page), dimension)


def page_key(url: str) -> str:
    """Return what the ids of a page's rows begin with."""
    return f"{key_of(url):016x}"


def page_scores(found: Iterable[QueryResult]) -> dict[str, float]:
    """Return the score of each page that was found, by its key."""
    scores: dict[str, float] = {}
    for row in found:
        key = row.id.partition(".")[0]
        scores[key] = scores.get(key, 0.0) + row.score
    return scores


def _rows(run: list[Passage], dimension: int) -> Iterator[Vector]:
    headings = dict.fromkeys(chain.from_iterable(passage.heading_path for passage in run))
    body = "\n".join(passage.body for passage in run)
    weights = page_weights(title=run[0].title, heading=" ".join(headings), body=body)
    unit = [1.0, *np.zeros(dimension - 1).tolist()]  # no question asks for it, and a hybrid row needs one
    for number, start in zip(count(), range(0, len(weights), MOST_TERMS), strict=False):
        part = weights[start : start + MOST_TERMS]
        sparse = SparseVector([place for place, _ in part], [weight for _, weight in part])
        metadata = {URL: run[0].url, HASH: hashlib.sha256(str(part).encode()).hexdigest()[:24]}
        yield Vector(id=f"{page_key(run[0].url)}.{number}", vector=unit, sparse_vector=sparse, metadata=metadata)
