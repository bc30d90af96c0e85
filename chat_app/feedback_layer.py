# ruff: noqa: ARG002  the toolkit calls with all arguments, whether they matter here or not
"""What the chat toolkit keeps: judgements only. Turns are kept by the turn log; threads are not kept without login."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chainlit.data.base import BaseDataLayer
from chainlit.types import PageInfo, PaginatedResponse

from chat_app.turn_log import TurnLog

if TYPE_CHECKING:
    from chainlit.element import Element, ElementDict
    from chainlit.step import StepDict
    from chainlit.types import Feedback, Pagination, ThreadDict, ThreadFilter
    from chainlit.user import PersistedUser, User


class FeedbackLayer(BaseDataLayer):
    """Sends thumbs to the turn log and stores nothing else."""

    def __init__(self, turns: TurnLog) -> None:
        self._turns = turns

    async def upsert_feedback(self, feedback: Feedback) -> str:
        self._turns.judgement(feedback.forId, is_good=feedback.value == 1, comment=feedback.comment)
        return feedback.id or feedback.forId

    async def delete_feedback(self, feedback_id: str) -> bool:
        return True

    async def get_user(self, identifier: str) -> PersistedUser | None:
        return None

    async def create_user(self, user: User) -> PersistedUser | None:
        return None

    async def create_element(self, element: Element) -> None: ...

    async def get_element(self, thread_id: str, element_id: str) -> ElementDict | None:
        return None

    async def delete_element(self, element_id: str, thread_id: str | None = None) -> None: ...

    async def create_step(self, step_dict: StepDict) -> None: ...

    async def update_step(self, step_dict: StepDict) -> None: ...

    async def delete_step(self, step_id: str) -> None: ...

    async def get_thread_author(self, thread_id: str) -> str:
        return ""

    async def delete_thread(self, thread_id: str) -> None: ...

    async def list_threads(self, pagination: Pagination, filters: ThreadFilter) -> PaginatedResponse[ThreadDict]:
        return PaginatedResponse(pageInfo=PageInfo(hasNextPage=False, startCursor=None, endCursor=None), data=[])

    async def get_thread(self, thread_id: str) -> ThreadDict | None:
        return None

    async def update_thread(
        self,
        thread_id: str,
        name: str | None = None,
        user_id: str | None = None,
        metadata: dict[str, Any] | None = None,
        tags: list[str] | None = None,
    ) -> None: ...

    async def build_debug_url(self) -> str:
        return ""

    async def get_favorite_steps(self, user_id: str) -> list[StepDict]:
        return []

    async def close(self) -> None: ...
