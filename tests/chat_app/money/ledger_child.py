"""Reserves twenty calls at the database that is named, as a process of its own, and prints how many it got."""

from __future__ import annotations

import asyncio
import sys
from decimal import Decimal

from chat_app.models.registry import Kind, LanguageModel
from chat_app.money.budget import Budgets
from chat_app.money.ledger import Ledger
from chat_app.money.price import Prices
from chat_app.money.rate import parse_rates
from chat_app.question import Asker, Question
from chat_app.store.database import open_database

MODEL = LanguageModel("m", Kind.OPENAI, "m", "M", 1, 1, quality=1, speed=1)


async def main() -> None:
    database = open_database(sys.argv[1])
    ledger = Ledger(database, Budgets(day=Decimal(10), user=Decimal(10)), Prices(own=parse_rates("m=1/1")))
    asked = (ledger.reserve(MODEL, 1_000_000, 0, Question("?", asker=Asker(user="ada"))) for _ in range(20))
    print(sum(found is not None for found in await asyncio.gather(*asked)))
    await database.close()


asyncio.run(main())
