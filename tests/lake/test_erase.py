"""Deleting rows for good."""

from __future__ import annotations

import polars as pl
import pytest

from data_contracts.quarantine import QUARANTINE
from lake import Lake
from lake.error import HistoryEnded
from lake.table_history import end_history

NAMES = ["plain", "it's quoted", "100 % odd -- name", 'a "double" one']


@pytest.fixture
def kept(lake: Lake) -> Lake:
    """A lake with a quarantined row for each name, in two sources."""
    for source in ("s", "other"):
        lake.quarantine([{"name": name} for name in NAMES], source=source, stage="stage", rule="rule", reason="why")
    return lake


def keys_of(lake: Lake, source: str) -> pl.DataFrame:
    return lake.scan(QUARANTINE, source=source).select("stage", "row_hash", "row").collect()


def test_erased_rows_are_gone_and_all_others_stay(kept: Lake) -> None:
    quoted = keys_of(kept, "s").filter(pl.col("row").str.contains("it's"))
    assert kept.erase(QUARANTINE, quoted.select("row"), source="s") == 1
    assert keys_of(kept, "s").height == len(NAMES) - 1
    assert keys_of(kept, "other").height == len(NAMES)


def test_erasing_again_or_nothing_changes_nothing(kept: Lake) -> None:
    rows = keys_of(kept, "s").select("stage", "row_hash")
    assert kept.erase(QUARANTINE, rows, source="s") == len(NAMES)
    assert kept.erase(QUARANTINE, rows, source="s") == 0
    assert kept.erase(QUARANTINE, rows.clear(), source="other") == 0


def test_an_erased_row_may_come_back(kept: Lake) -> None:
    kept.erase(QUARANTINE, keys_of(kept, "s").select("row_hash"), source="s")
    assert kept.quarantine([{"name": NAMES[0]}], source="s", stage="stage", rule="rule", reason="why") == 1


def test_ending_the_history_takes_the_erased_rows_from_the_past_as_well(kept: Lake) -> None:
    version = kept.version(QUARANTINE)
    kept.erase(QUARANTINE, keys_of(kept, "s").select("row_hash"), source="s")
    assert kept.scan(QUARANTINE, source="s", as_of=version).collect().height == len(NAMES)
    assert end_history(kept, QUARANTINE) > 0
    with pytest.raises(HistoryEnded):
        kept.scan(QUARANTINE, source="s", as_of=version).collect()
