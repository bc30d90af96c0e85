"""A release opened for searching: its three indexes answer together. Nothing in it changes, so threads share it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa

from data_contracts.passage import Passage, ScoredPassage
from retrieval.dense_index import DenseIndex, Places, VectorWriter, build_inverted_file
from retrieval.embedder import Vectors
from retrieval.identifier import identifiers
from retrieval.lexical_index import LexicalIndex, LexicalWriter
from retrieval.near_duplicate import distinct
from retrieval.page_index import PageIndex, PageKeyWriter, write_page_words
from retrieval.passage_file import PassageFile, PassageWriter
from retrieval.ranking import Ranking, Scores, calibrated, comparable, fused, in_order
from retrieval.release_files import damaged, read_manifest
from retrieval.vector_store import ChunkPlace, PassageBatch, ReleaseManifest, SearchMode

DENSE_POOL = 100
LEXICAL_POOL = 1000

_PASSAGES = "passages.arrow"
_LEXICAL = "lexical"


def write_snapshot(folder: Path, manifest: ReleaseManifest, batches: Iterable[PassageBatch]) -> None:
    """Write the index files of a release, holding one batch at a time.

    Errors: ValueError when the batches do not bring what the manifest says.
    """
    count = 0
    with (
        PassageWriter(folder / _PASSAGES) as passages,
        VectorWriter(folder, manifest.dimension) as vectors,
        LexicalWriter(folder / _LEXICAL) as words,
        PageKeyWriter(folder) as pages,
    ):
        for batch in batches:
            if len(batch.passages) != len(batch.vectors):
                raise ValueError(f"a batch has {len(batch.passages)} passages and {len(batch.vectors)} vectors")
            vectors.append(batch.vectors)
            passages.append(batch.passages)
            words.append(batch.passages)
            pages.append(batch.passages)
            count += len(batch.passages)
    if count != manifest.chunks:
        raise ValueError(f"the manifest says {manifest.chunks} chunks, the batches brought {count}")
    build_inverted_file(folder, manifest.dimension)
    write_page_words(folder, PassageFile(folder / _PASSAGES))


class Snapshot:
    """An open release. Errors: IndexDamaged when its files do not fit together."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.manifest = read_manifest(folder)
        try:
            self._passages = PassageFile(folder / _PASSAGES)
            self._dense = DenseIndex(folder, self.manifest.dimension)
            self._lexical = LexicalIndex(folder / _LEXICAL)
            self._pages = PageIndex(folder, self._passages)
        except (OSError, ValueError, RuntimeError, pa.ArrowInvalid) as error:
            raise damaged(folder, str(error)) from error
        if not len(self._passages) == len(self._dense) == len(self._lexical) == self.manifest.chunks:
            raise damaged(folder, "its indexes hold different numbers of passages")

    def places(self) -> Iterator[ChunkPlace]:
        """Yield each passage's chunk and page."""
        return self._passages.places()

    def contents(self) -> Iterator[PassageBatch]:
        """Yield the passages with their vectors, in the order in which they were written."""
        start = 0
        for passages in self._passages.batches():
            yield PassageBatch(passages, self._dense.vectors(start, start + len(passages)))
            start += len(passages)

    def page(self, url: str) -> list[Passage]:
        """Return the passages of a page, in the order in which they stand on it."""
        return self._pages.page(url)

    def search(
        self, *, vector: Vectors, text: str, limit: int, mode: SearchMode, ranking: Ranking
    ) -> list[ScoredPassage]:
        """Return up to `limit` distinct passages, best first; equal ones in the order of hashes of their names."""
        places, scores = self._candidates(vector, text, limit, mode, ranking)
        alone = {SearchMode.DENSE: scores.dense, SearchMode.LEXICAL: scores.lexical}
        final = (
            comparable(alone[mode]) if mode in alone else fused(scores, calibrated(ranking, self.manifest.evaluation))
        )
        order = np.lexsort((self._pages.chunk_keys(places), -final))
        ranked = (
            ScoredPassage(
                passage=self._passages[int(places[at])],
                score=float(final[at]),
                dense=_number(scores.dense[at]),
                lexical=_number(scores.lexical[at]),
                page=_number(scores.page[at]),
                named=float(scores.named[at]),
            )
            for at in order
        )
        return [scored for scored, _ in zip(distinct(ranked), range(limit), strict=False)]

    def find(self, chunk_ids: Collection[str], vector: Vectors) -> list[ScoredPassage]:
        """Return those of the chunks that are here, nearest to the vector first."""
        places = self._passages.find(chunk_ids)
        close = comparable(self._dense.scores(vector, np.array(places, dtype=np.int64)))
        found = zip(places, map(float, close), strict=True)
        return in_order([ScoredPassage(self._passages[place], score=score, dense=score) for place, score in found])

    def _candidates(
        self, vector: Vectors, text: str, limit: int, mode: SearchMode, ranking: Ranking
    ) -> tuple[Places, Scores]:
        """Return the places that any index offers with all scores; NaN is a score that was not asked for."""
        nowhere = np.empty(0, dtype=np.int64), np.empty(0, dtype=np.float32)
        near = nowhere if mode is SearchMode.LEXICAL else self._dense.search(vector, max(DENSE_POOL, 4 * limit))
        said = nowhere if mode is SearchMode.DENSE else self._lexical.search(text, max(LEXICAL_POOL, 4 * limit))
        is_hybrid = mode is SearchMode.HYBRID
        names = identifiers(text) if is_hybrid and ranking.named_bonus else []
        holders = [self._lexical.holding(name) for name in names]
        places = np.unique(np.concatenate((near[0], said[0], *holders)))
        dense = lexical = page = np.full(len(places), np.nan, dtype=np.float32)
        if mode is not SearchMode.LEXICAL:
            dense = self._dense.scores(vector, places)
        if mode is not SearchMode.DENSE:
            lexical = lexical.copy()
            lexical[np.searchsorted(places, said[0])] = said[1]
        if is_hybrid and ranking.page_share:
            page = self._pages.word_scores(text, self._pages.of(places))
        named = np.zeros(len(places), dtype=np.float32)
        for held in holders:
            named[np.searchsorted(places, held)] += 1 / len(names)
        return places, Scores(dense, lexical, page, named)


def _number(score: np.float32) -> float | None:
    return None if np.isnan(score) else float(score)
