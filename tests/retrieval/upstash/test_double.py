"""The double of Upstash itself: what its queries, filters and fusions compute, against numbers worked out by hand."""

from __future__ import annotations

import math
from typing import Any

import pytest

from tests.doubles.upstash_filter import BadFilter, parse_filter
from tests.doubles.upstash_index import BadRequest, Index

ROWS: list[dict[str, Any]] = [
    {"id": "a", "vector": [1, 0], "sparseVector": {"indices": [1], "values": [2.0]}, "metadata": {"n": 1, "t": "x"}},
    {"id": "b", "vector": [0, 1], "sparseVector": {"indices": [1, 2], "values": [1.0, 1.0]}, "metadata": {"n": 2}},
    {"id": "c", "vector": [1, 1], "sparseVector": {"indices": [2], "values": [3.0]}, "metadata": {"n": 3, "t": "y"}},
]


@pytest.fixture
def index() -> Index:
    index = Index(2)
    index.upsert("ns", ROWS)
    return index


def found(index: Index, **payload: Any) -> dict[str, float]:
    return {row["id"]: row["score"] for row in index.query("ns", {"topK": 10, **payload})}


def test_dense_scores_are_cosines_between_0_and_1(index: Index) -> None:
    assert found(index, vector=[2, 0]) == pytest.approx({"a": 1.0, "c": (1 + math.sqrt(0.5)) / 2, "b": 0.5})


def test_sparse_scores_are_inner_products_of_shared_dimensions(index: Index) -> None:
    assert found(index, sparseVector={"indices": [1], "values": [1.0]}) == {"a": 2.0, "b": 1.0}


def test_rarity_weighs_a_term_as_documented(index: Index) -> None:
    index.upsert("ns", [ROWS[0] | {"id": "d"}])
    asked = {"indices": [2], "values": [1.0]}
    idf = math.log((4 - 2 + 0.5) / (2 + 0.5) + 1)
    assert found(index, sparseVector=asked, weightingStrategy="IDF") == pytest.approx({"c": 3 * idf, "b": idf})


def test_reciprocal_ranks_are_added(index: Index) -> None:
    both = {"vector": [1, 0], "sparseVector": {"indices": [1], "values": [1.0]}}
    scores = found(index, **both, fusionAlgorithm="RRF")
    assert scores == pytest.approx({"a": 2 / 61, "c": 1 / 62, "b": 1 / 63 + 1 / 62})


def test_distributions_are_added(index: Index) -> None:
    both = {"vector": [1, 0], "sparseVector": {"indices": [1], "values": [1.0]}}
    scores = found(index, **both, fusionAlgorithm="DBSF")
    mean, spread = 1.5, 0.5
    sparse_a = (2.0 - (mean - 3 * spread)) / (6 * spread)
    assert scores["a"] > scores["b"] > 0
    dense = [1.0, (1 + math.sqrt(0.5)) / 2, 0.5]
    middle = sum(dense) / 3
    deviation = math.sqrt(sum((one - middle) ** 2 for one in dense) / 3)
    assert scores["a"] == pytest.approx((1.0 - (middle - 3 * deviation)) / (6 * deviation) + sparse_a)


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("n = 2", {"b"}),
        ("n >= 2 AND t = 'y'", {"c"}),
        ("n < 2 OR n > 2", {"a", "c"}),
        ("n IN (1, 3)", {"a", "c"}),
        ("n NOT IN (1, 3)", {"b"}),
        ("HAS FIELD t", {"a", "c"}),
        ("HAS NOT FIELD t", {"b"}),
        ("t GLOB '[x-z]'", {"a", "c"}),
        ("(n = 1 OR n = 2) AND HAS FIELD t", {"a"}),
        ("t != 'x'", {"c"}),
    ],
)
def test_filters_choose_rows(index: Index, text: str, ids: set[str]) -> None:
    assert set(found(index, vector=[1, 1], filter=text)) == ids


@pytest.mark.parametrize("text", ["", "n", "n =", "n = 1 AND", "(n = 1", "n ~ 3", "n = 1 n = 2", "HAS t", "n = x"])
def test_a_filter_that_makes_no_sense_is_refused(text: str) -> None:
    with pytest.raises(BadFilter):
        parse_filter(text)


def test_a_late_index_shows_a_write_after_some_requests() -> None:
    index = Index(2, lag=2)
    index.upsert("", ROWS[:1])
    assert index.info()["pendingVectorCount"] == 1
    index.settle()
    assert index.fetch("", ["a"]) == [None]
    index.settle()
    assert index.fetch("", ["a"]) != [None]
    index.delete("", ["a"])
    assert index.fetch("", ["a"]) != [None]


def test_metadata_is_merged_or_replaced(index: Index) -> None:
    index.update("ns", {"id": "a", "metadata": {"t": None, "z": 1}, "metadataUpdateMode": "PATCH"})
    assert index.fetch("ns", {"ids": ["a"], "includeMetadata": True}) == [{"id": "a", "metadata": {"n": 1, "z": 1}}]
    index.update("ns", {"id": "a", "metadata": {"q": 2}})
    assert index.fetch("ns", {"ids": ["a"], "includeMetadata": True}) == [{"id": "a", "metadata": {"q": 2}}]


def test_rows_are_deleted_by_id_prefix_and_filter(index: Index) -> None:
    assert index.delete("ns", {"filter": "n = 3"}) == 1
    assert index.delete("ns", {"prefix": "a"}) == 1
    assert index.delete("ns", ["b", "nothing"]) == 1
    assert index.range("ns", {"limit": 10})["vectors"] == []


@pytest.mark.parametrize(
    "row",
    [
        {"id": "x", "vector": [1, 0]},
        {"id": "x", "sparseVector": {"indices": [1], "values": [1.0]}},
        {"id": "x", "vector": [1, 0, 0], "sparseVector": {"indices": [1], "values": [1.0]}},
        {"id": "x", "vector": [0, 0], "sparseVector": {"indices": [1], "values": [1.0]}},
        {"id": "x", "vector": [1, 0], "sparseVector": {"indices": list(range(1001)), "values": [1.0] * 1001}},
        {"id": "x", "vector": [1, 0], "sparseVector": {"indices": [2**31], "values": [1.0]}},
    ],
)
def test_a_hybrid_index_refuses_half_a_row(index: Index, row: dict[str, Any]) -> None:
    with pytest.raises(BadRequest):
        index.upsert("ns", [row])
