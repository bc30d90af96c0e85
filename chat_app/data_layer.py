# ruff: noqa: ARG002  the toolkit calls with all arguments, whether they matter here or not
"""What the chat toolkit reads and writes of conversations.

Turns are written by the turn runner, so the toolkit's steps and elements are not kept again: threads are rebuilt from
their turns. While the database is away the toolkit is told that there is nothing, and the log says why.
"""

from __future__ import annotations

import functools
import logging
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

from chainlit.data.base import BaseDataLayer
from chainlit.types import PageInfo, PaginatedResponse
from chainlit.user import PersistedUser

from chat_app.people.visit import current_visit
from chat_app.store.database import Database
from chat_app.store.error import DatabaseUnavailable
from chat_app.store.thread_store import ThreadStore
from chat_app.store.turn_store import TurnStore
from chat_app.thread_view import thread_dict
from chat_app.turn_log import TurnLog
from chat_app.turns.live_turn import storable

if TYPE_CHECKING:
    from chainlit.element import Element, ElementDict
    from chainlit.step import StepDict
    from chainlit.types import Feedback, Pagination, ThreadDict, ThreadFilter
    from chainlit.user import User

_LOG = logging.getLogger(__name__)
_P = ParamSpec("_P")
_T = TypeVar("_T")
_Answer = Coroutine[Any, Any, _T]
_LONGEST_COMMENT = 4_000
_LONGEST_NAME = 300
_SHARING = frozenset({"is_shared", "shared_at"})
"""How the toolkit notes that everybody may read a thread, whatever it quotes. The chat shares in its own way, see
`people.share`."""


def _or(default: Callable[[], Any]) -> Callable[[Callable[_P, _Answer[_T]]], Callable[_P, _Answer[_T]]]:
    """Answer with a default while the database is away."""

    def decorate(method: Callable[_P, _Answer[_T]]) -> Callable[_P, _Answer[_T]]:
        @functools.wraps(method)
        async def asked(*args: _P.args, **kwargs: _P.kwargs) -> _T:
            try:
                return await method(*args, **kwargs)
            except DatabaseUnavailable as error:
                _LOG.error("a conversation could not be read or written: %s", error)
                given: _T = default()
                return given

        return asked

    return decorate


def _no_threads() -> PaginatedResponse[ThreadDict]:
    return PaginatedResponse(pageInfo=PageInfo(hasNextPage=False, startCursor=None, endCursor=None), data=[])


def _visitor() -> str:
    """The name of whoever sent the request, "" for nobody."""
    session = current_visit().session
    return session.name if session else ""


class DataLayer(BaseDataLayer):
    """A user's id is their name: people, and browsers that nobody has logged in with, are known elsewhere."""

    def __init__(self, database: Database, log: TurnLog) -> None:
        self._threads = ThreadStore(database)
        self._turns = TurnStore(database)
        self._log = log

    async def get_user(self, identifier: str) -> PersistedUser | None:
        return PersistedUser(id=identifier, identifier=identifier, createdAt="")

    async def create_user(self, user: User) -> PersistedUser | None:
        return PersistedUser(id=user.identifier, identifier=user.identifier, createdAt="", metadata=user.metadata)

    @_or(str)
    async def upsert_feedback(self, feedback: Feedback) -> str:
        is_good = feedback.value == 1
        comment = storable(feedback.comment)[:_LONGEST_COMMENT] if feedback.comment else feedback.comment
        # The toolkit does not look at whose the answer is.
        if await self._threads.judge(feedback.forId, _visitor(), is_good=is_good, comment=comment):
            self._log.judgement(feedback.forId, is_good=is_good, comment=comment)
        return feedback.id or feedback.forId

    @_or(bool)
    async def delete_feedback(self, feedback_id: str) -> bool:
        await self._threads.unjudge(feedback_id, _visitor())
        return True

    @_or(str)
    async def get_thread_author(self, thread_id: str) -> str:
        return await self._threads.author(thread_id)

    @_or(lambda: None)
    async def delete_thread(self, thread_id: str) -> None:
        await self._threads.delete(thread_id)

    @_or(_no_threads)
    async def list_threads(self, pagination: Pagination, filters: ThreadFilter) -> PaginatedResponse[ThreadDict]:
        rows = await self._threads.of(
            filters.userId or "",
            search=filters.search or "",
            is_good=None if filters.feedback is None else filters.feedback == 1,
            before=pagination.cursor,
            most=pagination.first + 1,
        )
        shown = [thread_dict(dict(row)) for row in rows[: pagination.first]]
        ends = (shown[0]["id"], shown[-1]["id"]) if shown else (None, None)
        page = PageInfo(hasNextPage=len(rows) > pagination.first, startCursor=ends[0], endCursor=ends[1])
        return PaginatedResponse(pageInfo=page, data=shown)

    @_or(lambda: None)
    async def get_thread(self, thread_id: str) -> ThreadDict | None:
        thread = await self._threads.thread(thread_id)
        if thread is None:
            return None
        turns = [dict(turn) for turn in await self._turns.of_thread(thread_id)]
        judgements = {name: dict(row) for name, row in (await self._threads.judgements(thread_id)).items()}
        return thread_dict(dict(thread), turns, judgements)

    @_or(lambda: None)
    async def update_thread(
        self,
        thread_id: str,
        name: str | None = None,
        user_id: str | None = None,
        metadata: dict[str, Any] | None = None,
        tags: list[str] | None = None,
    ) -> None:
        """Rename a thread, or keep its settings. The toolkit also calls it with a new thread's user: that one is kept
        with its first turn, under a shorter name."""
        if user_id is not None:
            return
        if name is not None:
            await self._threads.rename(thread_id, storable(name)[:_LONGEST_NAME])
        if metadata is not None:
            noted = {key: value for key, value in metadata.items() if key not in _SHARING}
            await self._threads.note(thread_id, noted)

    @_or(lambda: None)
    async def get_element(self, thread_id: str, element_id: str) -> ElementDict | None:
        thread = await self.get_thread(thread_id)
        elements = (thread["elements"] or []) if thread else []
        return next((element for element in elements if element["id"] == element_id), None)

    async def create_element(self, element: Element) -> None: ...

    async def delete_element(self, element_id: str, thread_id: str | None = None) -> None: ...

    async def create_step(self, step_dict: StepDict) -> None: ...

    async def update_step(self, step_dict: StepDict) -> None: ...

    async def delete_step(self, step_id: str) -> None: ...

    async def build_debug_url(self) -> str:
        return ""

    async def get_favorite_steps(self, user_id: str) -> list[StepDict]:
        return []

    async def close(self) -> None: ...
