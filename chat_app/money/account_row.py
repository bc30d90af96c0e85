"""The one statement that charges accounts, conditionally or not, in SQLite and PostgreSQL alike."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import Dialect
from sqlalchemy.dialects import postgresql, sqlite

from chat_app.money.budget import Account
from chat_app.money.schema import money_accounts


def charge(
    dialect: Dialect, accounts: Iterable[Account], amount: int, *, now: datetime, even_beyond: bool = False
) -> Any:
    """Return the statement that adds an amount to accounts and returns the names of those that it was added to.

    An account that would then hold more than its most is left as it is and missing from what is returned, unless
    `even_beyond`. An account that is not there yet is made: the caller has compared the amount with its most. The rows
    are locked in the order of `accounts` until the transaction ends, so two callers can neither both take what is left
    nor, as long as the order is always the same, wait for each other.
    """
    insert = postgresql.insert if dialect.name == "postgresql" else sqlite.insert
    rows = [
        {"name": account.name, "charged": max(amount, 0), "most": account.most, "touched_at": now}
        for account in accounts
    ]
    new = insert(money_accounts).values(rows)
    after = money_accounts.c.charged + amount
    changed = {"charged": after, "touched_at": new.excluded.touched_at}
    if even_beyond:
        return new.on_conflict_do_update(index_elements=[money_accounts.c.name], set_=changed)
    return new.on_conflict_do_update(
        index_elements=[money_accounts.c.name],
        set_=changed | {"most": new.excluded.most},
        where=after <= new.excluded.most,
    ).returning(money_accounts.c.name)
