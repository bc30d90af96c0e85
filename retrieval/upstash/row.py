"""A passage as a row of an index, and back."""

from __future__ import annotations

import hashlib
import json
from datetime import datetime
from typing import Any

import numpy as np
from upstash_vector.types import FetchResult, QueryResult, Vector

from data_contracts.passage import Passage
from retrieval.embedder import Vectors
from retrieval.upstash.sparse import passage_weights

HASH = "hash"
URL = "url"
_FIELDS = (
    "source",
    "url",
    "title",
    "heading_path",
    "anchor",
    "text",
    "prefix_chars",
    "start",
    "end",
    "page_version_id",
    "markdown_hash",
    "text_hash",
)


def row_of(passage: Passage, vector: Vectors) -> Vector:
    """Return the row: the passage as JSON in its data; its page, and a hash of all that it holds, in its metadata."""
    fields: dict[str, Any] = {name: getattr(passage, name) for name in _FIELDS}
    fields["fetched_at"] = passage.fetched_at.isoformat()
    data = json.dumps(fields, ensure_ascii=False, separators=(",", ":"))
    dense = [round(float(number), 7) for number in vector]
    digest = hashlib.sha256(f"{data}{dense}".encode()).hexdigest()[:24]
    metadata = {URL: passage.url, HASH: digest}
    return Vector(
        id=passage.chunk_id, vector=dense, sparse_vector=passage_weights(passage), data=data, metadata=metadata
    )


def passage_of(row: FetchResult | QueryResult) -> Passage:
    """Return the passage of a row that came with its data."""
    fields = json.loads(row.data or "{}")
    fields["heading_path"] = tuple(fields["heading_path"])
    fields["fetched_at"] = datetime.fromisoformat(fields["fetched_at"])
    return Passage(chunk_id=row.id, **fields)


def vector_of(row: FetchResult) -> Vectors:
    """Return the dense vector of a row that was fetched with it, shape (dimension,)."""
    return np.asarray(row.vector, dtype=np.float32)
