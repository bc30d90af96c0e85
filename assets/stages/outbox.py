"""Rows on their way into a table, appended in batches of bounded size and age."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from assets.stages.meter import Meter
from data_contracts.table import Table
from lake import Lake


class Outbox:
    """Collects rows and appends them together, since each append is a commit.

    A batch leaves when it has `rows` rows or `size` bytes, or when it is `seconds` old: what a crash loses. Rows given
    in one `put` always leave together.
    """

    def __init__(
        self,
        lake: Lake,
        table: Table,
        source: str,
        meter: Meter,
        *,
        rows: int = 512,
        size: int = 8_000_000,
        seconds: float = 10.0,
    ) -> None:
        self._lake = lake
        self._table = table
        self._source = source
        self._meter = meter
        self._limits = (rows, size, seconds)
        self._schema = table.schema.create_empty().schema
        self._waiting: list[Mapping[str, Any]] = []
        self._size = 0
        self._since = time.monotonic()

    def put(self, rows: Sequence[Mapping[str, Any]], size: int) -> None:
        """Take rows of `size` bytes in all."""
        if not self._waiting:
            self._since = time.monotonic()
        self._waiting.extend(rows)
        self._size += size
        most_rows, most_bytes, most_seconds = self._limits
        age = time.monotonic() - self._since
        if len(self._waiting) >= most_rows or self._size >= most_bytes or age >= most_seconds:
            self.flush()

    def flush(self) -> None:
        """Append what is waiting."""
        if self._waiting:
            frame = pl.DataFrame(self._waiting, schema=self._schema)
            self._meter.rows(self._lake.append(self._table, frame, source=self._source))
        self._waiting, self._size = [], 0
