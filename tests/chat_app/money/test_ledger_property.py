"""Whatever happens in whatever order, a budget holds and the books are right."""

from __future__ import annotations

import asyncio
import tempfile
from collections import Counter
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from chat_app.answerer import Usage
from chat_app.models.registry import Kind, LanguageModel
from chat_app.money.budget import NANODOLLARS, Budgets
from chat_app.money.ledger import Ledger, LedgerReservation
from chat_app.money.price import Prices
from chat_app.money.rate import parse_rates
from chat_app.money.schema import money_accounts
from chat_app.question import Asker, Question
from chat_app.store.database import open_database

pytestmark = pytest.mark.slow

MODEL = LanguageModel("m", Kind.OPENAI, "m", "M", 1, 1, quality=1, speed=1)
MILLION = 1_000_000
NOW = datetime(2026, 5, 4, 12, 30, tzinfo=UTC)
MOST = {"session": 4, "user": 6, "source": 8, "day": 10}
STEP = st.tuples(
    st.sampled_from(["reserve", "settle", "release"]),
    st.integers(0, 3),  # whose question, or which reservation
    st.integers(0, 3),  # dollars of the call at most
    st.floats(0, 1),  # how much of them is used
)


@given(st.lists(STEP, max_size=40))
@settings(max_examples=40, deadline=None)
def test_no_order_of_events_exceeds_a_budget_or_loses_a_cent(steps: list[tuple[str, int, int, float]]) -> None:
    asyncio.run(play(steps))


async def play(steps: list[tuple[str, int, int, float]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        database = open_database(f"sqlite:///{Path(folder) / 'chat.db'}")
        await database.migrate()
        budgets = Budgets(**{level: Decimal(most) for level, most in MOST.items()})
        ledger = Ledger(database, budgets, Prices(own=parse_rates("m=1/1")), clock=lambda: NOW)
        held: list[tuple[int, LedgerReservation]] = []
        spent: Counter[int] = Counter()
        for what, who, dollars, share in steps:
            if what == "reserve":
                asker = Asker(user=f"user {who // 2}", session=f"session {who}")
                question = Question("?", sources=[f"source {who % 2}"], asker=asker)
                found = await ledger.reserve(MODEL, dollars * MILLION, 0, question)
                held += [(who, found)] if isinstance(found, LedgerReservation) else []
            elif held:
                whose, reservation = held.pop(who % len(held))
                if what == "settle":
                    tokens = round(share * reservation.set_aside / NANODOLLARS * MILLION)
                    await ledger.settle(reservation, Usage(tokens))
                    spent[whose] += tokens * NANODOLLARS // MILLION
                else:
                    await ledger.release(reservation)
        async with database.connection() as connection:
            rows = (await connection.execute(select(money_accounts.c.name, money_accounts.c.charged))).all()
        await database.close()
    charged = {row.name: row.charged for row in rows}
    expected = Counter(spent)
    for whose, reservation in held:
        expected[whose] += reservation.set_aside
    assert sum(amount for name, amount in charged.items() if name.startswith("4 day")) == expected.total()
    for name, amount in charged.items():
        assert 0 <= amount <= MOST[name.split()[1]] * NANODOLLARS
