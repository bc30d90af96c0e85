"""Takes what was said from erased pages out of the kept turns."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import select, update

from chat_app.store.database import Database
from chat_app.store.schema import turn_pages, turns

_HASHES_AT_ONCE = 500
ERASED = "**This answer was erased, since a page that it was made from was.** Ask again."


class TurnEraser:
    """Follows erasures, see `Forgetting`. The question stays, it is the reader's own; that its turn quoted the page is
    remembered too, so that an answer that was being written meanwhile goes at the next look."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def erase(self, source: str, url_hashes: Collection[str] | None, *, before: datetime) -> int:
        """Empty the answers; return how many. Errors: DatabaseUnavailable."""
        if url_hashes is None:
            return await self._erase(source, None, before)
        hashes = sorted(url_hashes)
        portions = [hashes[at : at + _HASHES_AT_ONCE] for at in range(0, len(hashes), _HASHES_AT_ONCE)]
        return sum([await self._erase(source, portion, before) for portion in portions])

    async def _erase(self, source: str, hashes: list[str] | None, before: datetime) -> int:
        quoting = select(turn_pages.c.turn_id).where(turn_pages.c.source == source)
        if hashes is not None:
            quoting = quoting.where(turn_pages.c.url_hash.in_(hashes))
        touched = turns.c.id.in_(quoting) & (turns.c.asked_at < before)
        says_something = (turns.c.said != "") | turns.c.searched.is_not(None) | turns.c.answer.is_not(None)
        emptied = update(turns).where(touched, says_something)
        emptied = emptied.values(said="", searched=None, answer=None, standalone=turns.c.question, error=ERASED)
        async with self._database.connection() as connection:
            return (await connection.execute(emptied)).rowcount
