"""Follows a turn that another process runs, or that has ended, by reading the database."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from typing import Any

from chat_app.store.error import DatabaseUnavailable
from chat_app.store.turn_store import TurnStore
from chat_app.turns.error import UnknownTurn
from chat_app.turns.event import TurnEnded, TurnEvent, TurnState, TurnText
from chat_app.turns.kept_answer import kept_searched
from chat_app.turns.turn_row import ended_event

_LOG = logging.getLogger(__name__)
_LOOK_SECONDS = 0.3
_PATIENCE = 40
"""Looks that may fail in a row, some twelve seconds: a database that restarts loses nobody."""

NO_SUCH_TURN = "**This answer is not kept here.** It was deleted, or the server could not keep it: ask again."
_OUT_OF_REACH = "**The rest of this answer cannot be read at the moment.** Load the page again in a minute."


async def follow_kept(store: TurnStore, turn_id: str, after: int) -> AsyncIterator[TurnEvent]:
    """Yield what there is beyond `after` characters, then what comes. Errors: UnknownTurn."""
    is_searched = False
    said = 0
    failures = 0
    while True:
        try:
            row: Any = await store.tail(turn_id, after)
            whole: Any = None if row is None or row["state"] == TurnState.RUNNING else await store.turn(turn_id)
        except DatabaseUnavailable as error:
            failures += 1
            _LOG.warning("a turn cannot be followed: %s", error)
            if failures > _PATIENCE:
                yield TurnEnded(TurnState.RUNNING, "", None, _OUT_OF_REACH)
                return
            await asyncio.sleep(_LOOK_SECONDS)
            continue
        failures = 0
        if row is None:
            raise UnknownTurn(NO_SUCH_TURN)
        searched = kept_searched(row["searched"])
        if searched is not None and not is_searched:
            is_searched = True
            yield searched
        if whole is not None:
            yield ended_event(whole)
            return
        if row["tail"]:
            after += len(row["tail"])
            said = after
            yield TurnText(row["tail"], said)
        await asyncio.sleep(_LOOK_SECONDS)
