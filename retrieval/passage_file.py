"""Passages of a release at rest: an Arrow IPC file that is written batch by batch and read by place, memory-mapped."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Collection, Iterator, Sequence
from functools import lru_cache
from itertools import accumulate
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import pyarrow as pa
from pyarrow import compute

from data_contracts.passage import Passage
from retrieval.vector_store import ChunkPlace

_KEPT = 2_000
"""Passages of an open release that are kept in memory, some 6 MB: questions come back to the same ones."""

_SCHEMA = pa.schema(
    [
        ("chunk_id", pa.string()),
        ("source", pa.string()),
        ("url", pa.string()),
        ("title", pa.string()),
        ("heading_path", pa.list_(pa.string())),
        ("anchor", pa.string()),
        ("text", pa.string()),
        ("prefix_chars", pa.int32()),
        ("start", pa.int64()),
        ("end", pa.int64()),
        ("page_version_id", pa.string()),
        ("markdown_hash", pa.string()),
        ("text_hash", pa.string()),
        ("fetched_at", pa.timestamp("us", tz="UTC")),
    ]
)


class PassageWriter:
    """Appends passages; a passage's place is the number of passages before it."""

    def __init__(self, path: Path) -> None:
        self._writer = pa.ipc.new_file(str(path), _SCHEMA)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._writer.close()

    def append(self, passages: Sequence[Passage]) -> None:
        """Write one record batch."""
        columns = [
            pa.array([getattr(passage, field.name) for passage in passages], type=field.type) for field in _SCHEMA
        ]
        self._writer.write_batch(pa.record_batch(columns, schema=_SCHEMA))


class PassageFile:
    """Reads passages by place. Only the rows asked for are read from the disk. Safe under threads.

    Errors: OSError or pyarrow.ArrowInvalid when the file is not what a PassageWriter closed.
    """

    def __init__(self, path: Path) -> None:
        self._reader = pa.ipc.open_file(pa.memory_map(str(path)))
        batches = [self._reader.get_batch(number) for number in range(self._reader.num_record_batches)]
        self._batches = [batch for batch in batches if batch.num_rows]
        self._ends = list(accumulate(batch.num_rows for batch in self._batches))
        self._kept = lru_cache(_KEPT)(self._read)

    def __len__(self) -> int:
        return self._ends[-1] if self._ends else 0

    def places(self) -> Iterator[ChunkPlace]:
        """Yield each passage's chunk and page, a batch at a time."""
        for batch in self._batches:
            yield from map(ChunkPlace, batch["chunk_id"].to_pylist(), batch["url"].to_pylist())

    def find(self, chunk_ids: Collection[str]) -> list[int]:
        """Return the places of those of the chunks that are here. Reads the column of ids once: no index is kept."""
        wanted = pa.array(sorted(chunk_ids), type=pa.string())
        starts = [0, *self._ends]
        return [
            start + int(row)
            for start, batch in zip(starts, self._batches, strict=False)
            for row in compute.indices_nonzero(compute.is_in(batch["chunk_id"], value_set=wanted)).to_pylist()
        ]

    def batches(self) -> Iterator[list[Passage]]:
        """Yield all passages in order, as they were written together."""
        for batch in self._batches:
            yield [_passage(row) for row in batch.to_pylist()]

    def __getitem__(self, place: int) -> Passage:
        return self._kept(place)

    def _read(self, place: int) -> Passage:
        number = bisect_right(self._ends, place)
        batch = self._batches[number]
        return _passage(batch.slice(place - self._ends[number] + batch.num_rows, 1).to_pylist()[0])


def _passage(row: dict[str, Any]) -> Passage:
    return Passage(**row | {"heading_path": tuple(row["heading_path"])})
