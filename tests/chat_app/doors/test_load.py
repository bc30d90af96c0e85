"""The test of load that operators run, against a real chat."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest

from benches.load import put_under_load
from retrieval.vector_store import ReleaseManifest

pytestmark = pytest.mark.slow

Publish = Callable[..., ReleaseManifest]
_ASKED = ("When does a colony swarm?", "What do bees eat in autumn?")


async def test_as_many_questions_are_asked_as_were_named_and_each_is_waited_for(
    publish: Publish, open_doors: Callable[..., Any], provider: Any
) -> None:
    publish()
    doors = open_doors(openai_base_url=provider.url, chat_model="good", answer_cache=0)
    load = await put_under_load(doors.address, "", questions=12, at_once=4, seconds=300, asked=_ASKED)
    assert (len(load.whole), load.unasked, dict(load.failed)) == (12, 0, {})
    assert all(first <= whole for first, whole in zip(sorted(load.first), sorted(load.whole), strict=True))
    assert load.lines()[0].startswith("12 answers in ")


async def test_no_question_is_asked_after_the_time(
    publish: Publish, open_doors: Callable[..., Any], provider: Any
) -> None:
    publish()
    doors = open_doors(openai_base_url=provider.url, chat_model="silent", chat_timeout=200)
    load = await put_under_load(doors.address, "", questions=50, at_once=2, seconds=1, asked=_ASKED)
    assert load.whole == []
    assert load.unasked == 48
    assert load.failed == {"no whole answer when the time was over": 2}


def test_a_key_that_opens_nothing_is_said_and_nothing_is_asked(
    publish: Publish, open_doors: Callable[..., Any], provider: Any
) -> None:
    publish()
    doors = open_doors(openai_base_url=provider.url, chat_model="good", doors="keys")
    done = subprocess.run(
        [sys.executable, "-m", "benches.load", doors.address, "--questions", "5"],
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 1
    assert "401" in done.stdout
    assert "5 were not asked" in done.stdout
    assert provider.asked == []


def test_more_than_the_bounds_is_refused() -> None:
    for option in ("--questions=5001", "--at-once=201", "--minutes=31", "--questions=0"):
        done = subprocess.run(
            [sys.executable, "-m", "benches.load", "http://127.0.0.1:9", option], capture_output=True, text=True
        )
        assert done.returncode == 2
        assert "must be from 1 to" in done.stderr
