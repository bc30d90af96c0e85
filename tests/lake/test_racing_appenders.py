"""Several writers append to one source of one table at the same time, without a pause between their batches."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import polars as pl
import pytest

from data_contracts.embedding import EMBEDDINGS
from data_contracts.identity import text_hash
from lake import Lake

WRITERS, BATCHES, ROWS = 4, 8, 20


def batch(name: str) -> pl.DataFrame:
    hashes = [text_hash(f"{name} {row}") for row in range(ROWS)]
    return pl.DataFrame({"text_hash": hashes, "vector": [[1.0, 0.0]] * ROWS}).with_columns(
        model_id=pl.lit("m"), dimension=pl.lit(2, pl.Int32), embedded_at=pl.lit(datetime(2026, 1, 1, tzinfo=UTC))
    )


@pytest.mark.slow
def test_no_writer_starves_and_no_key_comes_twice(make_lake: Callable[[], Lake]) -> None:
    """Each writes batches of its own and one that all write."""

    def write(number: int) -> int:
        lake = make_lake()
        own = [f"{number} {count}" for count in range(BATCHES)]
        return sum(lake.append(EMBEDDINGS, batch(name), source="docs").added for name in [*own, "shared"])

    with ThreadPoolExecutor(WRITERS) as pool:
        added = list(pool.map(write, range(WRITERS)))
    rows = make_lake().scan(EMBEDDINGS, source="docs").select("text_hash").collect()
    assert sum(added) == rows.height == (WRITERS * BATCHES + 1) * ROWS
    assert rows.is_duplicated().sum() == 0
