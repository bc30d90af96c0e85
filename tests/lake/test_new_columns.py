"""A table that was written before its contract got a column goes on."""

from __future__ import annotations

from collections.abc import Callable

import dataframely as dy
import polars as pl

from data_contracts.table import Table
from lake import Lake


class OldNote(dy.Schema):
    source = dy.String(nullable=False)
    name = dy.String(nullable=False, primary_key=True)


class NewNote(dy.Schema):
    source = dy.String(nullable=False)
    name = dy.String(nullable=False, primary_key=True)
    tags = dy.List(dy.String(nullable=False), nullable=True)


OLD, NEW = Table("notes", OldNote), Table("notes", NewNote)


def note(name: str, tags: list[str] | None) -> pl.DataFrame:
    return pl.DataFrame({"name": [name], "tags": [tags]}, schema_overrides={"tags": pl.List(pl.String)})


def test_rows_from_before_a_column_hold_null_there_and_new_rows_hold_values(make_lake: Callable[[], Lake]) -> None:
    make_lake().append(OLD, pl.DataFrame({"name": ["old"]}), source="s")
    lake = make_lake()
    assert lake.scan(NEW).collect().to_dicts() == [{"source": "s", "name": "old", "tags": None}]
    assert [frame.to_dicts() for frame in lake.batches(NEW, pl.DataFrame({"name": ["old"]}), source="s")] == [
        [{"source": "s", "name": "old", "tags": None}]
    ]
    assert lake.append(NEW, note("new", ["a"]), source="s").added == 1
    assert make_lake().scan(NEW).sort("name").collect()["tags"].to_list() == [["a"], None]


def test_looking_back_before_a_column_works(make_lake: Callable[[], Lake]) -> None:
    lake = make_lake()
    lake.append(OLD, pl.DataFrame({"name": ["old"]}), source="s")
    version = lake.version(OLD)
    lake.append(NEW, note("new", ["a"]), source="s")
    assert lake.scan(NEW, as_of=version).collect()["tags"].to_list() == [None]
