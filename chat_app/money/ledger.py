"""Hard budgets: money is set aside before a model is called and accounted for after it, in the chat's database."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import uuid4

from sqlalchemy import delete, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from chat_app.answerer import Usage
from chat_app.models.allowance import Allowance, Reservation
from chat_app.models.registry import LanguageModel
from chat_app.money.account_row import charge
from chat_app.money.budget import Account, Budgets, nanodollars
from chat_app.money.price import Prices
from chat_app.money.schema import money_accounts, money_reservations
from chat_app.question import Question
from chat_app.store.database import Database
from chat_app.store.error import DatabaseError

_LOG = logging.getLogger(__name__)
_EXPIRES = timedelta(minutes=15)
"""Longer than any call to a model lasts: what is still set aside then belongs to a process that died."""
_FORGOTTEN = timedelta(days=35)
"""Accounts that nobody touched for so long are deleted: days that are over, sessions that ended."""


@dataclass(frozen=True, slots=True)
class LedgerReservation(Reservation):
    """`set_aside` is in nanodollars, on every one of `accounts`."""

    set_aside: int = 0
    accounts: tuple[Account, ...] = ()


class _OverBudget(Exception):
    """Some account has too little left. Never leaves this file: it takes the transaction back."""


def _now() -> datetime:
    return datetime.now(UTC)


class Ledger:
    """An allowance with budgets. Any number of sessions and replicas may share one database.

    Nothing can be overspent: one conditional statement charges all accounts of a question or, taken back with its
    transaction, none; the rows stay locked in between. A database that cannot be reached gives nothing. `sources` tells
    whom a question without chosen sources is charged to; `clock` tells the time.
    """

    def __init__(
        self,
        database: Database,
        budgets: Budgets,
        prices: Prices,
        *,
        sources: Callable[[], Sequence[str]] = lambda: (),
        clock: Callable[[], datetime] = _now,
    ) -> None:
        self._database = database
        self._budgets = budgets
        self.prices = prices
        self._sources = sources
        self._clock = clock
        # SQLite has one writer: callers of this process queue here, in order, rather than in its lock, which sleeps.
        self._writers = asyncio.Semaphore(1 if database.is_sqlite else 8)

    async def reserve(
        self, model: LanguageModel, input_tokens: int, most_output_tokens: int, question: Question
    ) -> Reservation | None:
        """Set aside the call's highest price. None: some budget has less left, or the database cannot be used."""
        dollars = self.prices.reckoned(model, Usage(input_tokens, most_output_tokens))
        amount, now = nanodollars(dollars), self._clock()
        accounts = tuple(self._budgets.accounts(question.asker, self._charged(question), now))
        if not accounts:
            return LedgerReservation(model)
        if any(amount > account.most for account in accounts):
            return None
        wanted = LedgerReservation(model, uuid4().hex, amount, accounts)
        try:
            if await self._try(wanted, now) or (await self.expire() and await self._try(wanted, now)):
                return wanted
            return None
        except DatabaseError as error:
            _LOG.error("no money is given while budgets cannot be kept: %s", error)
            return None

    async def _try(self, wanted: LedgerReservation, now: datetime) -> bool:
        try:
            async with self._writers, self._database.transaction() as connection:
                charged = await connection.execute(
                    charge(connection.dialect, wanted.accounts, wanted.set_aside, now=now)
                )
                if len(charged.all()) < len(wanted.accounts):
                    raise _OverBudget
                row = {
                    "number": wanted.number,
                    "nanodollars": wanted.set_aside,
                    "accounts": json.dumps([account.name for account in wanted.accounts]),
                    "expires_at": now + _EXPIRES,
                }
                await connection.execute(insert(money_reservations), row)
        except _OverBudget:
            return False
        return True

    async def settle(self, reservation: Reservation, usage: Usage) -> float | None:
        """Put the real price in the place of what was set aside, whenever it comes. Return it; None if unknown."""
        price = self.prices.price(reservation.model, usage)
        spent = nanodollars(self.prices.reckoned(reservation.model, usage))
        await self._end(reservation, spent)
        return None if price is None else float(price.dollars)

    async def release(self, reservation: Reservation) -> None:
        """Give back what was set aside."""
        await self._end(reservation, 0)

    async def _end(self, reservation: Reservation, spent: int) -> None:
        if not isinstance(reservation, LedgerReservation) or not reservation.accounts:
            return
        try:
            async with self._writers, self._database.transaction() as connection:
                held = await _taken(connection, reservation.number)
                difference = spent - (held or 0)
                if difference:
                    await _correct(connection, reservation.accounts, difference, self._clock())
        except DatabaseError as error:
            _LOG.error("a call of %d nanodollars stays charged at its highest price: %s", spent, error)

    async def expire(self) -> int:
        """Give back what processes that died had set aside; return how many reservations that were."""
        gone = 0
        async with self._database.connection() as connection:
            expired = select(money_reservations.c.number, money_reservations.c.accounts)
            rows = (await connection.execute(expired.where(money_reservations.c.expires_at < self._clock()))).all()
        for number, names in rows:  # one at a time: another replica may be doing the same
            async with self._writers, self._database.transaction() as connection:
                held = await _taken(connection, number)
                if held is not None:
                    accounts = [Account(name, 0) for name in json.loads(names)]
                    await _correct(connection, accounts, -held, self._clock())
                    gone += 1
        return gone

    async def forget(self) -> int:
        """Delete accounts that nobody touched for 35 days; return how many."""
        async with self._database.connection() as connection:
            old = delete(money_accounts).where(money_accounts.c.touched_at < self._clock() - _FORGOTTEN)
            return int((await connection.execute(old)).rowcount)

    def _charged(self, question: Question) -> Sequence[str]:
        if not self._budgets.source:
            return ()
        return question.sources if question.sources else self._sources()


async def _taken(connection: AsyncConnection, number: str) -> int | None:
    """Delete a reservation and return what it held; None if it has ended already."""
    ended = delete(money_reservations).where(money_reservations.c.number == number)
    found = (await connection.execute(ended.returning(money_reservations.c.nanodollars))).first()
    return None if found is None else int(found[0])


async def _correct(connection: AsyncConnection, accounts: Sequence[Account], amount: int, now: datetime) -> None:
    await connection.execute(charge(connection.dialect, accounts, amount, now=now, even_beyond=True))


_: type[Allowance] = Ledger
