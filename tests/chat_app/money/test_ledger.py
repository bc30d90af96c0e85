"""The ledger: one suite over SQLite and PostgreSQL. A model costs one dollar a call, set aside and used alike."""

from __future__ import annotations

import asyncio
import sys
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import select

from chat_app.answerer import Usage
from chat_app.models.allowance import Reservation
from chat_app.models.registry import Kind, LanguageModel
from chat_app.money.budget import NANODOLLARS, Budgets
from chat_app.money.ledger import Ledger
from chat_app.money.price import Prices
from chat_app.money.rate import parse_rates
from chat_app.money.schema import money_accounts, money_reservations
from chat_app.question import Asker, Question
from chat_app.store.database import Database, open_database

MODEL = LanguageModel(
    "m", Kind.OPENAI, "m", "M", 100_000, 100_000, quality=1, speed=1, provider="http://127.0.0.1:1/v1"
)

CHILD = Path(__file__).with_name("ledger_child.py")
MILLION = 1_000_000
PRICES = Prices(own=parse_rates("m=1/1"))
ADA = Question("why?", sources=["bees"], asker=Asker(user="ada", session="s1"))


def dollars(**most: float) -> Budgets:
    return Budgets(**{name: Decimal(str(value)) for name, value in most.items()})


class Clock:
    def __init__(self) -> None:
        self.now = datetime(2026, 5, 4, 12, 30, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


async def take(ledger: Ledger, question: Question = ADA, *, cost: float = 1) -> Reservation | None:
    return await ledger.reserve(MODEL, round(cost * MILLION), 0, question)


async def charged(database: Database) -> dict[str, float]:
    """Dollars by account; the name's first part is only for their order."""
    async with database.connection() as connection:
        rows = await connection.execute(select(money_accounts.c.name, money_accounts.c.charged))
        return {name.split(" ", 1)[1]: amount / NANODOLLARS for name, amount in rows}


async def waiting(database: Database) -> int:
    async with database.connection() as connection:
        return len((await connection.execute(select(money_reservations.c.number))).all())


@pytest.mark.parametrize(
    ("level", "other"),
    [
        ("session", Question("?", sources=["bees"], asker=Asker(user="ada", session="s2"))),
        ("user", Question("?", sources=["bees"], asker=Asker(user="bob", session="s1"))),
        ("source", Question("?", sources=["ants"], asker=Asker(user="ada", session="s1"))),
    ],
)
async def test_each_budget_stops_whom_it_is_for_and_nobody_else(
    migrated: Database, level: str, other: Question
) -> None:
    ledger = Ledger(migrated, dollars(**{level: 2}), PRICES, clock=Clock())
    assert [await take(ledger) is not None for _ in range(3)] == [True, True, False]
    assert await take(ledger, other) is not None


async def test_the_days_budget_stops_everybody_until_the_next_day(migrated: Database) -> None:
    clock = Clock()
    ledger = Ledger(migrated, dollars(day=1), PRICES, clock=clock)
    assert await take(ledger) is not None
    assert await take(ledger, Question("?", asker=Asker(user="bob"))) is None
    clock.now += timedelta(hours=12)
    assert await take(ledger) is not None


async def test_an_asker_with_a_daily_budget_of_their_own_has_the_lesser(migrated: Database) -> None:
    def key(most: float, name: str) -> Question:
        return Question("?", asker=Asker(session=name, daily_dollars=most))

    ledger = Ledger(migrated, dollars(session=2), PRICES, clock=Clock())
    assert [await take(ledger, key(1, "small")) is not None for _ in range(2)] == [True, False]
    assert [await take(ledger, key(9, "large")) is not None for _ in range(3)] == [True, True, False]
    assert await take(ledger, key(0, "none")) is None
    assert await take(Ledger(migrated, Budgets(), PRICES, clock=Clock()), key(0.5, "alone")) is None


async def test_what_was_not_used_is_given_back(migrated: Database) -> None:
    ledger = Ledger(migrated, dollars(day=10, user=10), PRICES, clock=Clock())
    reservation = await take(ledger, cost=8)
    assert reservation is not None
    assert await take(ledger, cost=3) is None
    assert await ledger.settle(reservation, Usage(MILLION, MILLION)) == 2
    assert set((await charged(migrated)).values()) == {2}
    assert await take(ledger, cost=8) is not None


async def test_a_call_that_was_not_made_costs_nothing(migrated: Database) -> None:
    ledger = Ledger(migrated, dollars(session=1, user=1, source=1, day=1), PRICES, clock=Clock())
    for _ in range(3):
        reservation = await take(ledger)
        assert reservation is not None
        await ledger.release(reservation)
    assert set((await charged(migrated)).values()) == {0}
    assert await waiting(migrated) == 0


async def test_what_one_budget_refuses_is_charged_to_none(migrated: Database) -> None:
    ledger = Ledger(migrated, dollars(session=1, day=10), PRICES, clock=Clock())
    assert await take(ledger) is not None
    assert await take(ledger) is None
    assert set((await charged(migrated)).values()) == {1}
    assert await waiting(migrated) == 1


async def test_more_than_a_budget_is_refused_before_anything_was_spent(migrated: Database) -> None:
    ledger = Ledger(migrated, dollars(day=1), PRICES, clock=Clock())
    assert await take(ledger, cost=1.000001) is None
    assert await take(ledger, cost=1) is not None


async def test_a_question_over_two_sources_is_charged_to_both(migrated: Database) -> None:
    ledger = Ledger(migrated, dollars(source=1), PRICES, sources=lambda: ["ants", "bees"], clock=Clock())
    assert await take(ledger, Question("?")) is not None
    for source in ("ants", "bees"):
        assert await take(ledger, Question("?", sources=[source])) is None
    assert await take(ledger, Question("?", sources=["wasps"])) is not None


async def test_unknown_people_are_counted_by_their_address(migrated: Database) -> None:
    ledger = Ledger(migrated, dollars(user=1), PRICES, clock=Clock())
    assert await take(ledger, Question("?", asker=Asker(address="10.0.0.1"))) is not None
    assert await take(ledger, Question("?", asker=Asker(address="10.0.0.1", session="new"))) is None
    assert await take(ledger, Question("?", asker=Asker(address="10.0.0.2"))) is not None
    assert await take(ledger, Question("?", asker=Asker(user="(10.0.0.3)"))) is not None


async def test_a_model_of_unknown_price_uses_the_budget_up(migrated: Database) -> None:
    ledger = Ledger(migrated, dollars(day=20), Prices(), clock=Clock())
    reservation = await take(ledger)
    assert reservation is not None
    assert await take(ledger) is None
    assert await ledger.settle(reservation, Usage(MILLION)) is None
    assert set((await charged(migrated)).values()) == {15}


async def test_what_a_process_that_died_had_set_aside_comes_back(migrated: Database) -> None:
    clock = Clock()
    ledger = Ledger(migrated, dollars(session=1, source=1, user=1, day=1), PRICES, clock=clock)
    assert await take(ledger) is not None
    clock.now += timedelta(minutes=14)
    assert await take(ledger) is None
    clock.now += timedelta(minutes=2)
    assert await take(ledger) is not None


async def test_a_late_bill_is_paid_though_its_reservation_has_expired(migrated: Database) -> None:
    clock = Clock()
    ledger = Ledger(migrated, dollars(day=5), PRICES, clock=clock)
    reservation = await take(ledger, cost=2)
    clock.now += timedelta(hours=1)
    assert await ledger.expire() == 1
    assert await ledger.expire() == 0
    assert reservation is not None
    await ledger.settle(reservation, Usage(MILLION))
    assert set((await charged(migrated)).values()) == {1}


async def test_old_accounts_are_forgotten(migrated: Database) -> None:
    clock = Clock()
    ledger = Ledger(migrated, dollars(session=1, day=1), PRICES, clock=clock)
    await take(ledger)
    assert await ledger.forget() == 0
    clock.now += timedelta(days=36)
    assert await ledger.forget() == 2


async def test_without_budgets_the_database_is_not_needed() -> None:
    ledger = Ledger(open_database("postgresql://nobody@127.0.0.1:1/nothing"), Budgets(), PRICES, clock=Clock())
    reservation = await take(ledger)
    assert reservation is not None
    assert await ledger.settle(reservation, Usage(MILLION)) == 1


async def test_nothing_is_given_while_the_database_is_away() -> None:
    ledger = Ledger(open_database("postgresql://nobody@127.0.0.1:1/nothing"), dollars(day=1), PRICES, clock=Clock())
    assert await take(ledger) is None


async def test_a_hundred_at_once_get_what_there_is_and_not_one_more(migrated: Database) -> None:
    replicas = [open_database(migrated.url.render_as_string(hide_password=False)) for _ in range(4)]
    budgets = dollars(session=9, user=30, source=50, day=37)
    ledgers = [Ledger(database, budgets, PRICES, clock=Clock()) for database in replicas]

    async def ask(number: int) -> Reservation | None:
        asker = Asker(user=f"user {number % 2}", session=f"session {number % 10}")
        return await take(ledgers[number % 4], Question("?", sources=["bees", "ants"], asker=asker))

    try:
        taken = [found for found in await asyncio.gather(*(ask(number) for number in range(100))) if found]
        assert len(taken) == 37
        assert max((await charged(migrated)).values()) == 37
        await asyncio.gather(*(ledgers[0].settle(one, Usage(MILLION // 2)) for one in taken[:20]))
        await asyncio.gather(*(ledgers[1].release(one) for one in taken[20:]))
        assert sum(amount for name, amount in (await charged(migrated)).items() if name.startswith("session")) == 10
        assert await waiting(migrated) == 0
    finally:
        for database in replicas:
            await database.close()


@pytest.mark.slow
async def test_processes_share_one_budget(migrated: Database) -> None:
    url = migrated.url.render_as_string(hide_password=False)
    started = [
        await asyncio.create_subprocess_exec(sys.executable, str(CHILD), url, stdout=asyncio.subprocess.PIPE)
        for _ in range(3)
    ]
    said = [await process.communicate() for process in started]
    assert sum(int(out) for out, _ in said) == 10
