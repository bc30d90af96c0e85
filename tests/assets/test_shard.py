"""Shares of a stage's work."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assets.error import ShardInvalid
from assets.stages.shard import Shard
from data_contracts.identity import text_hash

KEYS = pl.DataFrame({"key": [text_hash(str(number)) for number in range(2000)]})
EDGES = pl.DataFrame({"key": ["0" * 64, "f" * 64, "8" + "0" * 63, "7" + "f" * 63]})


def share(shard: Shard, keys: pl.DataFrame = KEYS) -> set[str]:
    return set(keys.filter(shard.where(pl.col("key")))["key"])


@given(st.integers(min_value=1, max_value=60))
def test_every_key_is_in_exactly_one_shard(count: int) -> None:
    for keys in (KEYS, EDGES):
        shares = [share(Shard(index, count), keys) for index in range(1, count + 1)]
        assert sum(map(len, shares)) == keys.height
        assert set().union(*shares) == set(keys["key"])


def test_shares_are_about_equal() -> None:
    sizes = [len(share(Shard(index, 4))) for index in range(1, 5)]
    assert max(sizes) < 1.2 * min(sizes)


@pytest.mark.parametrize("text", ["1/1", "2/4", " 4096/4096 "])
def test_a_shard_is_written_as_it_is_read(text: str) -> None:
    assert str(Shard.parse(text)) == text.strip()


@pytest.mark.parametrize("text", ["", "2", "0/4", "5/4", "a/b", "1/0", "-1/4", "1/4097", "2/4/8", "٢/4"])
def test_what_is_no_shard_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(ShardInvalid, match="2/4 for the second of four shares"):
        Shard.parse(text)
