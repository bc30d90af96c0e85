"""Kept answers: one suite over SQLite and PostgreSQL."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select

from chat_app.answer_cache.answer_cache import AnswerCache, KeptAnswer
from chat_app.money.schema import cached_answer_pages, cached_answers
from chat_app.store.database import Database, open_database
from data_contracts.identity import text_hash
from data_contracts.passage import Passage
from tests.chat_app.conftest import SITE, make_passages

NOW = datetime(2026, 5, 4, 12, 30, tzinfo=UTC)
LATER = NOW + timedelta(minutes=1)
ANSWER = KeptAnswer("Swarms leave in late spring [1].", "M", NOW)


class Clock:
    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        self.now += timedelta(seconds=1)
        return self.now


def passage(url: str = SITE, source: str = "bees") -> Passage:
    return replace(make_passages()[0], url=url, source=source)


async def size(database: Database) -> tuple[int, int]:
    async with database.connection() as connection:
        answers = (await connection.execute(select(func.count()).select_from(cached_answers))).scalar_one()
        pages = (await connection.execute(select(func.count()).select_from(cached_answer_pages))).scalar_one()
        return answers, pages


async def test_what_was_kept_is_found_by_every_replica(migrated: Database) -> None:
    await AnswerCache(migrated, clock=Clock()).keep("k", ANSWER, [passage()])
    other = open_database(migrated.url.render_as_string(hide_password=False))
    assert await AnswerCache(other, clock=Clock()).find("k") == ANSWER
    assert await AnswerCache(other, clock=Clock()).find("another") is None
    await other.close()


async def test_the_first_of_two_that_are_kept_at_once_stays(migrated: Database) -> None:
    caches = [AnswerCache(migrated, clock=Clock()) for _ in range(8)]
    await asyncio.gather(*(cache.keep("k", ANSWER, [passage()]) for cache in caches))
    assert await size(migrated) == (1, 1)


async def test_an_answer_is_not_given_again_when_it_is_too_old(migrated: Database) -> None:
    clock = Clock()
    cache = AnswerCache(migrated, days=3, clock=clock)
    await cache.keep("k", ANSWER, [passage()])
    clock.now += timedelta(days=2)
    assert await cache.find("k") == ANSWER
    clock.now += timedelta(days=2)
    assert await cache.find("k") is None
    await cache.keep("new", replace(ANSWER, made_at=clock.now), [passage()])
    assert await size(migrated) == (1, 1)


async def test_those_used_last_stay_when_there_are_too_many(migrated: Database) -> None:
    cache = AnswerCache(migrated, most=3, clock=Clock())
    for key in ("a", "b", "c"):
        await cache.keep(key, ANSWER, [passage()])
    await cache.use("a")
    await cache.keep("d", ANSWER, [passage()])
    assert [await cache.find(key) is not None for key in ("a", "b", "c", "d")] == [True, False, True, True]
    assert await size(migrated) == (3, 3)


async def test_erasing_a_page_deletes_the_answers_made_from_it_and_no_others(migrated: Database) -> None:
    cache = AnswerCache(migrated, clock=Clock())
    await cache.keep("one", ANSWER, [passage("https://a.example/1"), passage("https://a.example/2")])
    await cache.keep("later", replace(ANSWER, made_at=LATER), [passage("https://a.example/1")])
    await cache.keep("two", ANSWER, [passage("https://a.example/2")])
    await cache.keep("same address elsewhere", ANSWER, [passage("https://a.example/1", "ants")])
    many = [text_hash(f"https://a.example/{number}") for number in range(1_200) if number != 2]
    assert await cache.erase("bees", many, before=LATER) == 1
    there = [await cache.find(key) is not None for key in ("one", "two", "later", "same address elsewhere")]
    assert there == [False, True, True, True]
    assert await size(migrated) == (3, 3)
    assert await cache.erase("bees", [], before=LATER) == 0


async def test_erasing_a_source_deletes_all_answers_made_from_it(migrated: Database) -> None:
    cache = AnswerCache(migrated, clock=Clock())
    await cache.keep("both", ANSWER, [passage(), passage(source="ants")])
    await cache.keep("ants", ANSWER, [passage(source="ants")])
    assert await cache.erase("bees", None, before=LATER) == 1
    assert [await cache.find(key) is not None for key in ("both", "ants")] == [False, True]


async def test_a_database_that_is_away_is_a_miss(caplog: pytest.LogCaptureFixture) -> None:
    cache = AnswerCache(open_database("postgresql://nobody@127.0.0.1:1/nothing"))
    await cache.keep("k", ANSWER, [passage()])
    assert await cache.find("k") is None
    assert "no kept answer could be looked for" in caplog.text
