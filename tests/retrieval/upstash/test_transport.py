"""Upstash on a bad day: what is repeated, what is said, and what never stands in a message."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator

import pytest

from retrieval.error import RetrievalError, StoreUnreachable, Throttled
from retrieval.upstash.plan import UpstashPlan
from retrieval.upstash.store import UpstashStore
from retrieval.upstash.transport import PatientIndex
from tests.doubles.upstash_double import Trouble, UpstashDouble


@pytest.fixture
def double() -> Iterator[UpstashDouble]:
    server = UpstashDouble(dimension=4)
    yield server
    server.close()


def info(double: UpstashDouble, *, token: str = "", patience: float = 5.0, seconds: float = 60.0) -> int:
    """Ask for the index's facts, as every operation is asked, and return its dimension."""

    async def ask() -> int:
        index = PatientIndex(double.url, token or double.token, patience=patience)
        try:
            async with index.hurried(seconds):
                return (await index.info()).dimension
        finally:
            await index.close()

    return asyncio.run(ask())


def first(times: int, trouble: Trouble) -> Callable[[int, str], Trouble]:
    return lambda number, path: trouble if number < times else None


@pytest.mark.parametrize("trouble", [(429, {"retry-after": "0"}), (429, {}), (500, {}), (503, {}), "break", "lost"])
def test_what_may_pass_is_tried_again(double: UpstashDouble, trouble: Trouble) -> None:
    double.trouble = first(2, trouble)
    assert info(double) == 4
    assert len(double.calls) == 3


def test_a_named_pause_is_kept_rather_than_our_own(double: UpstashDouble) -> None:
    """It is longer than the patience: the call ends at once instead of asking again too early."""
    double.trouble = first(1, (429, {"retry-after": "3600"}))
    with pytest.raises(Throttled) as caught:
        info(double)
    assert caught.value.retry_after == 3600
    assert len(double.calls) == 1


def test_a_server_that_stays_down_ends_in_words(double: UpstashDouble) -> None:
    double.trouble = first(10_000, (502, {}))
    with pytest.raises(StoreUnreachable, match=r"answered 502.*what was written is kept"):
        info(double, patience=0.3)


@pytest.mark.parametrize("status", [401, 403])
def test_a_refused_token_is_said_at_once_and_not_shown(double: UpstashDouble, status: int) -> None:
    double.trouble = first(10, (status, {}))
    with pytest.raises(StoreUnreachable, match="UPSTASH_VECTOR_REST_TOKEN") as caught:
        info(double)
    assert len(double.calls) == 1
    assert double.token not in str(caught.value)


def test_a_wrong_token_is_refused(double: UpstashDouble) -> None:
    with pytest.raises(StoreUnreachable, match="refuses the token"):
        info(double, token="another")


@pytest.mark.parametrize("token", ["two\nlines", "tok\u00e9n", "nul\x00"])
def test_a_token_that_is_no_token_is_refused_without_being_shown(double: UpstashDouble, token: str) -> None:
    with pytest.raises(StoreUnreachable, match="one line of text") as caught:
        info(double, token=token)
    assert token not in str(caught.value)
    assert double.calls == []


def test_a_token_that_was_pasted_with_its_line_break_works(double: UpstashDouble) -> None:
    assert info(double, token=f" {double.token}\n") == 4


def test_a_refused_request_says_why_and_is_not_repeated(double: UpstashDouble) -> None:
    double.trouble = first(10, (422, {}))
    with pytest.raises(StoreUnreachable, match=r"\(422\): not now.*hybrid"):
        info(double)
    assert len(double.calls) == 1


def test_a_question_does_not_wait_for_ever(double: UpstashDouble) -> None:
    double.trouble = first(10, "stall")
    with pytest.raises(StoreUnreachable, match="did not answer within"):
        info(double, seconds=0.3)


def test_an_address_where_nobody_listens_is_named_as_such() -> None:
    plan = UpstashPlan(patience=0.2, question_patience=5)
    with (
        UpstashStore("http://127.0.0.1:9", "token", plan=plan) as store,
        pytest.raises(RetrievalError, match="UPSTASH_VECTOR_REST_URL"),
    ):
        store.sources()
