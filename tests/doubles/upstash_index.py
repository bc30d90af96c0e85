"""What an Upstash Vector index of the hybrid kind holds and computes, without the HTTP around it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.doubles.upstash_filter import BadFilter, parse_filter
from tests.doubles.upstash_scores import Rows, fused, terms, unit

MOST_TERMS = 1000

Row = dict[str, Any]
"""id, vector (list), sparseVector ({indices, values}), metadata, data."""


class BadRequest(ValueError):
    """Something that the server answers with 422."""


@dataclass
class Namespace:
    """Rows by id. A write waits until `Index.settle` has counted so many requests; then readers see it."""

    rows: dict[str, Row] = field(default_factory=dict)
    waiting: list[tuple[int, str, Row | None]] = field(default_factory=list)
    scored: Rows | None = None

    def scorer(self) -> Rows:
        """Return what scores the rows that readers see."""
        self.scored = self.scored or Rows(self.rows)
        return self.scored

    def show(self, row_id: str, row: Row | None) -> None:
        """Let readers see a write."""
        self.scored = None
        if row is None:
            self.rows.pop(row_id, None)
        else:
            self.rows[row_id] = row


class Index:
    """A hybrid index: every row has a dense vector of `dimension` and a sparse one. Similarity is the cosine.

    `lag` is how many later requests it takes until readers see a write: the index is eventually consistent.
    """

    def __init__(self, dimension: int, *, lag: int = 0) -> None:
        self.dimension = dimension
        self.lag = lag
        self.namespaces: dict[str, Namespace] = {"": Namespace()}
        self._now = 0

    def settle(self) -> None:
        """Count a request, and let readers see the writes whose time has come."""
        self._now += 1
        for space in self.namespaces.values():
            due = [write for write in space.waiting if write[0] <= self._now]
            space.waiting = [write for write in space.waiting if write[0] > self._now]
            for _, row_id, row in due:
                space.show(row_id, row)

    def upsert(self, name: str, rows: Iterable[Row]) -> None:
        checked = [self._checked(row) for row in rows]
        space = self.namespaces.setdefault(name, Namespace())
        self._write(space, [(str(row["id"]), row) for row in checked])

    def delete(self, name: str, payload: Mapping[str, Any] | list[Any]) -> int:
        space = self.namespaces.get(name, Namespace())
        there = self._newest(space)
        if isinstance(payload, list):
            payload = {"ids": payload}
        if "filter" in payload:
            wanted = self._filter(payload["filter"])
            gone = [row_id for row_id, row in there.items() if wanted(row.get("metadata") or {})]
        elif "prefix" in payload:
            gone = [row_id for row_id in there if row_id.startswith(payload["prefix"])]
        else:
            gone = [str(row_id) for row_id in payload["ids"] if str(row_id) in there]
        self._write(space, [(row_id, None) for row_id in gone])
        return len(gone)

    def update(self, name: str, payload: Mapping[str, Any]) -> int:
        space = self.namespaces.get(name, Namespace())
        row = self._newest(space).get(str(payload["id"]))
        if row is None:
            return 0
        changed = row | {key: payload[key] for key in ("vector", "sparseVector", "data") if key in payload}
        if "metadata" in payload:
            old = row.get("metadata") or {} if payload.get("metadataUpdateMode") == "PATCH" else {}
            merged = {**old, **payload["metadata"]}
            changed["metadata"] = {key: value for key, value in merged.items() if value is not None}
        self._write(space, [(str(payload["id"]), self._checked(changed))])
        return 1

    def fetch(self, name: str, payload: Mapping[str, Any] | list[Any]) -> list[Row | None]:
        rows = self.namespaces.get(name, Namespace()).rows
        if isinstance(payload, list):
            payload = {"ids": payload}
        if "prefix" in payload:
            return [_shown(rows[row_id], payload) for row_id in sorted(rows) if row_id.startswith(payload["prefix"])]
        return [_shown(rows[str(one)], payload) if str(one) in rows else None for one in payload["ids"]]

    def range(self, name: str, payload: Mapping[str, Any]) -> Row:
        rows = self.namespaces.get(name, Namespace()).rows
        if not 1 <= payload["limit"] <= 1000:
            raise BadRequest("limit must be between 1 and 1000")
        ids = [row_id for row_id in sorted(rows) if row_id.startswith(payload.get("prefix") or "")]
        start = int(payload.get("cursor") or 0)
        page = ids[start : start + payload["limit"]]
        following = str(start + len(page)) if start + len(page) < len(ids) else ""
        return {"nextCursor": following, "vectors": [_shown(rows[row_id], payload) for row_id in page]}

    def query(self, name: str, payload: Mapping[str, Any]) -> list[Row]:
        """Return the topK rows by the dense, the sparse, or both parts of the question."""
        space = self.namespaces.get(name, Namespace())
        top, found = int(payload["topK"]), []
        if not 1 <= top <= 1000:
            raise BadRequest("topK must be between 1 and 1000")
        keep = self._keep(space.rows, payload.get("filter"))
        if payload.get("vector") is not None:
            found.append(space.scorer().dense(self._asked(payload["vector"]), keep)[:top])
        if payload.get("sparseVector") is not None:
            with_idf = payload.get("weightingStrategy") == "IDF"
            found.append(space.scorer().sparse(terms(payload["sparseVector"]), keep, with_idf=with_idf)[:top])
        if not found:
            raise BadRequest("vector or sparseVector is needed")
        try:
            scores = found[0] if len(found) == 1 else fused(found, payload.get("fusionAlgorithm") or "RRF")
        except ValueError as error:
            raise BadRequest(str(error)) from error
        return [{**_shown(space.rows[key], payload), "score": score} for key, score in scores[:top]]

    def info(self) -> Row:
        spaces = {
            name: {"vectorCount": len(space.rows), "pendingVectorCount": len(space.waiting)}
            for name, space in self.namespaces.items()
        }
        return {
            "vectorCount": sum(one["vectorCount"] for one in spaces.values()),
            "pendingVectorCount": sum(one["pendingVectorCount"] for one in spaces.values()),
            "indexSize": 0,
            "dimension": self.dimension,
            "similarityFunction": "COSINE",
            "indexType": "HYBRID",
            "denseIndex": {"dimension": self.dimension, "similarityFunction": "COSINE", "embeddingModel": ""},
            "sparseIndex": {"embeddingModel": ""},
            "namespaces": spaces,
        }

    def _asked(self, vector: list[float]) -> Any:
        asked = unit(vector)
        if len(vector) != self.dimension or asked is None:
            raise BadRequest(f"a question needs {self.dimension} dimensions and a length above zero, not {len(vector)}")
        return asked

    def _keep(self, rows: Mapping[str, Row], text: str | None) -> Callable[[str], bool]:
        if not text:
            return lambda key: True
        wanted = self._filter(text)
        return lambda key: bool(wanted(rows[key].get("metadata") or {}))

    def _checked(self, row: Row) -> Row:
        if "vector" not in row or "sparseVector" not in row:
            raise BadRequest("a hybrid index needs a dense and a sparse vector in each row")
        if len(row["vector"]) != self.dimension or unit(row["vector"]) is None:
            raise BadRequest(f"a vector needs {self.dimension} dimensions and a length above zero")
        sparse = row["sparseVector"]
        if len(sparse["indices"]) != len(sparse["values"]) or not 1 <= len(sparse["indices"]) <= MOST_TERMS:
            raise BadRequest(f"a sparse vector needs 1 to {MOST_TERMS} dimensions, as many indices as values")
        if any(not -(2**31) <= index < 2**31 for index in sparse["indices"]):
            raise BadRequest("sparse indices are signed 32-bit numbers")
        return row

    def _newest(self, space: Namespace) -> dict[str, Row]:
        """All rows as they will be once every write is seen."""
        rows = dict(space.rows)
        for _, row_id, row in space.waiting:
            if row is None:
                rows.pop(row_id, None)
            else:
                rows[row_id] = row
        return rows

    def _write(self, space: Namespace, writes: list[tuple[str, Row | None]]) -> None:
        for row_id, row in writes:
            if self.lag:
                space.waiting.append((self._now + self.lag, row_id, row))
            else:
                space.show(row_id, row)

    @staticmethod
    def _filter(text: str) -> Any:
        try:
            return parse_filter(text)
        except BadFilter as error:
            raise BadRequest(f"Invalid filter: {error}") from error


def _shown(row: Row, payload: Mapping[str, Any]) -> Row:
    shown: Row = {"id": str(row["id"])}
    if payload.get("includeVectors"):
        shown |= {"vector": row["vector"], "sparseVector": row["sparseVector"]}
    if payload.get("includeMetadata") and row.get("metadata") is not None:
        shown["metadata"] = row["metadata"]
    if payload.get("includeData") and row.get("data") is not None:
        shown["data"] = row["data"]
    return shown
