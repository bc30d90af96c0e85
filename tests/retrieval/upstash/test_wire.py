"""The stand-in over HTTP as Upstash's own client sees it: each operation, one after the other."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest
from upstash_vector import Index
from upstash_vector.errors import UpstashError
from upstash_vector.types import FusionAlgorithm, SparseVector, Vector, WeightingStrategy

from tests.doubles.upstash_double import UpstashDouble

ROWS = [
    Vector("a-1", [1.0, 0.0], sparse_vector=SparseVector([1], [2.0]), metadata={"n": 1}, data="one"),
    Vector("a-2", [0.0, 1.0], sparse_vector=SparseVector([1, 2], [1.0, 1.0]), metadata={"n": 2}, data="two"),
    Vector("b-1", [1.0, 1.0], sparse_vector=SparseVector([2], [3.0]), metadata={"n": 3}, data="three"),
]


@pytest.fixture
def double() -> Iterator[UpstashDouble]:
    server = UpstashDouble(dimension=2, batch=3)
    yield server
    server.close()


@pytest.fixture
def index(double: UpstashDouble) -> Iterator[Index]:
    index = Index(double.url, double.token, retries=0)
    assert index.upsert(ROWS, namespace="ns") == "Success"
    yield index
    index._client.close()  # the SDK offers no other way


def test_rows_are_read_by_id_prefix_and_page(index: Index) -> None:
    assert [row.data if row else None for row in index.fetch(["a-1", "x"], include_data=True, namespace="ns")] == [
        "one",
        None,
    ]
    assert [row.id for row in index.fetch(prefix="a-", namespace="ns") if row] == ["a-1", "a-2"]
    first = index.range(limit=2, namespace="ns")
    rest = index.range(cursor=first.next_cursor, limit=2, namespace="ns")
    assert [row.id for row in (*first.vectors, *rest.vectors)] == ["a-1", "a-2", "b-1"]
    assert rest.next_cursor == ""


@pytest.mark.parametrize("fusion", list(FusionAlgorithm))
def test_both_parts_are_fused_and_filtered(index: Index, fusion: FusionAlgorithm) -> None:
    found = index.query(
        vector=[1.0, 0.0],
        sparse_vector=SparseVector([1], [1.0]),
        weighting_strategy=WeightingStrategy.IDF,
        fusion_algorithm=fusion,
        top_k=3,
        filter="n < 3",
        include_metadata=True,
        namespace="ns",
    )
    assert [row.id for row in found] == ["a-1", "a-2"]
    assert found[0].metadata == {"n": 1}


def test_rows_change_and_go_by_id_prefix_and_filter(index: Index) -> None:
    assert index.update("a-1", data="new", namespace="ns")
    assert index.fetch("a-1", include_data=True, namespace="ns")[0].data == "new"  # type: ignore[union-attr]  # it is there
    assert index.delete(ids=["a-1", "x"], namespace="ns").deleted == 1
    assert index.delete(prefix="a-", namespace="ns").deleted == 1
    assert index.delete(filter="n = 3", namespace="ns").deleted == 1
    assert index.info().namespaces["ns"].vector_count == 0


def test_namespaces_are_apart_listed_emptied_and_deleted(index: Index) -> None:
    index.upsert(ROWS[:1], namespace="other")
    assert set(index.list_namespaces()) == {"", "ns", "other"}
    assert index.query(vector=[1.0, 0.0], top_k=9, namespace="nowhere") == []
    index.reset(namespace="ns")
    assert {name: space.vector_count for name, space in index.info().namespaces.items()} == {"": 0, "ns": 0, "other": 1}
    index.delete_namespace("other")
    assert set(index.list_namespaces()) == {"", "ns"}


def test_the_sdk_raises_at_once_what_it_does_not_repeat(index: Index, double: UpstashDouble) -> None:
    double.trouble = lambda number, path: (429, {"retry-after": "1"})
    before = len(double.calls)
    with pytest.raises(UpstashError, match="not now"):
        index.info()
    assert len(double.calls) == before + 1


def test_refusals_come_with_status_and_words(double: UpstashDouble) -> None:
    head = {"authorization": f"Bearer {double.token}"}
    row = {"id": "a", "vector": [1, 0], "sparseVector": {"indices": [1], "values": [1.0]}}
    with httpx.Client(base_url=double.url, headers=head) as client:
        assert client.post("/info", headers={"authorization": "Bearer x"}).status_code == 401
        many = client.post("/upsert/ns", json=[row] * 4)
        assert (many.status_code, many.json()["status"]) == (422, 422)
        assert "the plan allows 3" in many.json()["error"]
        assert client.post("/query/ns", json={"vector": [1, 0], "topK": 1001}).status_code == 422
        assert client.post("/range/ns", json={"cursor": "", "limit": 1001}).status_code == 422
        assert client.post("/upsert/ns", json=[{"id": "a", "vector": [1, 0]}]).status_code == 422
