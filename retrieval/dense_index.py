"""Dense neighbours of a release: all vectors in one float32 file, and above 50,000 of them an inverted file over it.

Up to `EXACT_LIMIT` vectors every search is exact. Above, candidates come from a FAISS inverted file with 8-bit codes
whose `nprobe` was calibrated when it was built, and are ranked again by their full vectors from the mapped file.
"""

from __future__ import annotations

from pathlib import Path
from types import TracebackType
from typing import Self, cast

import faiss
import numpy as np
import numpy.typing as npt

from retrieval.embedder import Vectors

Places = npt.NDArray[np.int64]

EXACT_LIMIT = 50_000
VECTOR_FILE = "vectors.f32"
INVERTED_FILE = "faiss.index"

_RERANKED = 50
_RECALL = 0.98
_SAMPLE = 200
_BLOCK = 16_384
_TRAINED_PER_LIST = 64


def exact_neighbours(vectors: Vectors, queries: Vectors, limit: int) -> tuple[Vectors, Places]:
    """Return inner products and places of the nearest vectors, best first, one row per query."""
    scores, places = faiss.knn(queries, vectors, limit, metric=faiss.METRIC_INNER_PRODUCT)
    return scores, places


class VectorWriter:
    """Appends vectors of `dimension` float32 to a file; a vector's place is the number of vectors before it."""

    def __init__(self, folder: Path, dimension: int) -> None:
        self._file = (folder / VECTOR_FILE).open("wb")
        self._dimension = dimension

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    def append(self, vectors: Vectors) -> None:
        """Write vectors of shape (n, dimension)."""
        if vectors.ndim != 2 or vectors.shape[1] != self._dimension:
            raise ValueError(f"vectors have shape {vectors.shape}, the release says (n, {self._dimension})")
        self._file.write(np.ascontiguousarray(vectors, dtype="<f4").tobytes())


def build_inverted_file(folder: Path, dimension: int) -> None:
    """Write the inverted file when there are too many vectors for exact search; memory holds the codes, not the
    vectors."""
    vectors = _mapped(folder, dimension)
    if len(vectors) <= EXACT_LIMIT:
        return
    random = np.random.default_rng(0)
    lists = 1 << round(np.log2(np.sqrt(len(vectors))))
    index = cast(faiss.IndexIVF, faiss.index_factory(dimension, f"IVF{lists},SQ8", faiss.METRIC_INNER_PRODUCT))
    index.train(_sample(vectors, lists * _TRAINED_PER_LIST, random))
    for start in range(0, len(vectors), _BLOCK):
        index.add(np.ascontiguousarray(vectors[start : start + _BLOCK]))
    index.nprobe = _calibrated_nprobe(index, vectors, _questions(vectors, random))
    faiss.write_index(index, str(folder / INVERTED_FILE))


def _sample(vectors: Vectors, count: int, random: np.random.Generator) -> Vectors:
    places = np.sort(random.choice(len(vectors), size=min(count, len(vectors)), replace=False))
    return np.ascontiguousarray(vectors[places])


def _questions(vectors: Vectors, random: np.random.Generator) -> Vectors:
    """Stand-ins for questions: vectors of the release pushed to a cosine of about 0.7, where questions lie."""
    sample = _sample(vectors, _SAMPLE, random)
    noise = random.standard_normal(sample.shape, dtype=np.float32)
    noise /= np.linalg.norm(noise, axis=1, keepdims=True)
    pushed: Vectors = sample + noise
    pushed /= np.linalg.norm(pushed, axis=1, keepdims=True)
    return pushed


def _calibrated_nprobe(index: faiss.IndexIVF, vectors: Vectors, questions: Vectors) -> int:
    """Return the least power of two of lists to visit that reaches recall@10 of `_RECALL`, all lists if none does."""
    _, truth = exact_neighbours(vectors, questions, 10)
    nprobe = 1
    while nprobe < index.nlist:
        index.nprobe = nprobe
        found = [_reranked(index, vectors, question, 10)[0] for question in questions]
        hits = sum(len(set(row) & set(best)) for row, best in zip(found, truth, strict=True))
        if hits >= _RECALL * truth.size:
            return nprobe
        nprobe *= 2
    return int(index.nlist)


def _reranked(index: faiss.Index, vectors: Vectors, query: Vectors, limit: int) -> tuple[Places, Vectors]:
    _, found = index.search(query[None, :], max(limit, _RERANKED))
    places = np.sort(found[0][found[0] >= 0])
    scores = vectors[places] @ query
    order = np.argsort(-scores, kind="stable")[:limit]
    return places[order], scores[order]


def _mapped(folder: Path, dimension: int) -> Vectors:
    path = folder / VECTOR_FILE
    if path.stat().st_size == 0:
        return np.empty((0, dimension), dtype=np.float32)
    return np.memmap(path, dtype="<f4", mode="r").reshape(-1, dimension)


class DenseIndex:
    """The vectors of a release, opened by mapping its files. Safe under threads.

    Errors: OSError, ValueError or RuntimeError when the files are not what a build wrote.
    """

    def __init__(self, folder: Path, dimension: int) -> None:
        self._vectors = _mapped(folder, dimension)
        path = folder / INVERTED_FILE
        self._index = faiss.read_index(str(path), faiss.IO_FLAG_MMAP_IFC) if path.exists() else None

    def __len__(self) -> int:
        return len(self._vectors)

    def vectors(self, start: int, end: int) -> Vectors:
        """Return the vectors from one place to before another, as they were written."""
        return np.array(self._vectors[start:end], dtype=np.float32)

    def search(self, query: Vectors, limit: int) -> tuple[Places, Vectors]:
        """Return the places and cosines of the nearest vectors, best first."""
        limit = min(limit, len(self))
        if limit == 0:
            return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.float32)
        if self._index is not None:
            return _reranked(self._index, self._vectors, query, limit)
        scores, places = exact_neighbours(self._vectors, query[None, :], limit)
        return places[0], scores[0]

    def scores(self, query: Vectors, places: Places) -> Vectors:
        """Return the exact cosines of the vectors at these places."""
        scores: Vectors = self._vectors[places] @ query
        return scores
