"""Exact neighbours up to a bound, calibrated approximate ones above it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from retrieval.dense_index import EXACT_LIMIT, INVERTED_FILE, DenseIndex, VectorWriter, build_inverted_file
from retrieval.embedder import Vectors

DIMENSION = 16


def write(folder: Path, vectors: Vectors) -> DenseIndex:
    with VectorWriter(folder, DIMENSION) as writer:
        for start in range(0, len(vectors), 10_000):
            writer.append(vectors[start : start + 10_000])
    build_inverted_file(folder, DIMENSION)
    return DenseIndex(folder, DIMENSION)


def clustered(count: int, seed: int = 0) -> Vectors:
    random = np.random.default_rng(seed)
    centres = np.random.default_rng(7).standard_normal((500, DIMENSION), dtype=np.float32)
    vectors = centres[random.integers(500, size=count)] + 0.4 * random.standard_normal((count, DIMENSION))
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


def test_few_vectors_are_searched_exactly(tmp_path: Path) -> None:
    vectors, query = clustered(500), clustered(1, seed=1)[0]
    index = write(tmp_path, vectors)
    places, scores = index.search(query, 10)
    assert not (tmp_path / INVERTED_FILE).exists()
    assert places.tolist() == np.argsort(-(vectors @ query))[:10].tolist()
    np.testing.assert_allclose(index.scores(query, places), scores, rtol=1e-5)


def test_no_vectors_have_no_neighbours(tmp_path: Path) -> None:
    index = write(tmp_path, np.empty((0, DIMENSION), dtype=np.float32))
    assert [part.tolist() for part in index.search(clustered(1)[0], 5)] == [[], []]


def test_vectors_of_another_dimension_are_refused(tmp_path: Path) -> None:
    with VectorWriter(tmp_path, DIMENSION) as writer, pytest.raises(ValueError, match="16"):
        writer.append(np.zeros((2, 8), dtype=np.float32))


@pytest.mark.slow
def test_many_vectors_are_found_nearly_all_with_exact_scores(tmp_path: Path) -> None:
    vectors, queries = clustered(EXACT_LIMIT + 5_000), clustered(100, seed=3)
    index = write(tmp_path, vectors)
    assert (tmp_path / INVERTED_FILE).exists()
    found = 0
    for query in queries:
        exact = vectors @ query
        places, scores = index.search(query, 10)
        np.testing.assert_allclose(scores, exact[places], rtol=1e-4)
        found += len(set(places.tolist()) & set(np.argsort(-exact)[:10].tolist()))
    assert found >= 0.97 * 10 * len(queries)
