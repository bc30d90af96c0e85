"""Buckets that fill up again with time."""

from __future__ import annotations

from chat_app.bucket import Buckets


def test_a_bucket_holds_a_minute_s_worth_and_fills_up_evenly() -> None:
    now = [0.0]
    buckets = Buckets(lambda: now[0])
    assert [buckets.take(["ann"], 3) for _ in range(4)] == [0, 0, 0, 20]
    now[0] = 20.0
    assert [buckets.take(["ann"], 3) for _ in range(2)] == [0, 20]
    now[0] = 1_000.0
    assert [buckets.take(["ann"], 3) for _ in range(4)] == [0, 0, 0, 20]


def test_where_one_bucket_is_empty_nothing_is_taken_from_the_others() -> None:
    buckets = Buckets(lambda: 0.0)
    assert buckets.take(["ann", "home"], 1) == 0
    assert buckets.take(["bob", "home"], 1) == 60
    assert buckets.take(["bob", "work"], 1) == 0


def test_names_that_were_not_seen_for_longest_are_forgotten() -> None:
    buckets = Buckets(lambda: 0.0)
    for number in range(20_001):
        assert buckets.take([str(number)], 1) == 0
    assert buckets.take(["20000"], 1) == 60
    assert buckets.take(["0"], 1) == 0
