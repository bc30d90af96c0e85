"""What the running chat does for its database from time to time."""

from __future__ import annotations

import asyncio
import logging
from itertools import count

from chat_app.money.ledger import Ledger
from chat_app.store.database import Database
from chat_app.store.erasing import Erasing
from chat_app.store.error import DatabaseError
from lake import LakeError

_LOG = logging.getLogger(__name__)
_EVERY_SECONDS = 60.0
_THOROUGHLY_EVERY = 30
"""Rounds: twice an hour."""


class Upkeep:
    """Follows erasures, and clears the books of budgets. Every replica may do so at the same time."""

    def __init__(self, erasing: Erasing, ledger: Ledger, database: Database) -> None:
        self._erasing = erasing
        self._ledger = ledger
        self._database = database

    async def run(self) -> None:
        """Look once a minute until cancelled. What fails is told, and done in the next round."""
        for number in count():
            try:
                await self.once(thoroughly=number % _THOROUGHLY_EVERY == 0)
            except (DatabaseError, LakeError) as error:
                _LOG.error("upkeep of the chat's database is late: %s", error)
            await asyncio.sleep(_EVERY_SECONDS)

    async def once(self, *, thoroughly: bool = True) -> None:
        """Do all that is to be done now. Errors: LakeError and DatabaseError kinds."""
        if gone := await self._erasing.follow(again=thoroughly):
            _LOG.info("%d kept texts that quoted erased pages were deleted", gone)
            await self._database.empty_log()
        await self._ledger.expire()
        if thoroughly:
            await self._ledger.forget()
