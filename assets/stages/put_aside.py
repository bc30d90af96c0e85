"""Rows that a stage has put aside before: kept in quarantine, and not tried again by the same version of the code."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from data_contracts.quarantine import QUARANTINE
from lake import Lake


def put_aside(lake: Lake, source: str, *, stages: Sequence[str], columns: Sequence[str]) -> pl.LazyFrame:
    """Return the distinct `columns` of the rows that `stages` quarantined."""
    fields = [pl.col("row").str.json_path_match(f"$.{column}").alias(column) for column in columns]
    rows = lake.scan(QUARANTINE, source=source).filter(pl.col("stage").is_in(list(stages)))
    return rows.select(fields).drop_nulls().unique()


def without(missing: pl.DataFrame, aside: pl.LazyFrame) -> pl.DataFrame:
    """Return the missing keys that were not put aside before, joined on the columns that both name."""
    keys = [name for name in aside.collect_schema().names() if name in missing.columns]
    return missing.join(aside.select(keys).collect(), on=keys, how="anti")
