"""Turns in the chat's page: asked, shown as they grow, stopped, and shown again to a browser that comes back."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import chainlit as cl

from chat_app.error import ChatError
from chat_app.markdown_view import shown
from chat_app.people.error import SessionEnded
from chat_app.people.visit import visit_in
from chat_app.question import Asker, Question
from chat_app.service import ChatService
from chat_app.shields.length import LengthShield
from chat_app.shown_turn import SEARCHING, ended_text, search_line, search_list
from chat_app.store.error import DatabaseError
from chat_app.thread_view import answer_id, element_dicts, running_turn, search_id
from chat_app.turns.event import TurnEnded, TurnEvent, TurnSearched, TurnText
from retrieval.error import RetrievalError

if TYPE_CHECKING:
    from chainlit.types import ThreadDict

_LOG = logging.getLogger(__name__)
_AWAY = "**Who asks cannot be checked at the moment.** Ask again in a minute."
_TOOLKITS_WORD = "Task manually stopped."


@dataclass(frozen=True, slots=True)
class _View:
    turn_id: str
    task: asyncio.Task[None]


_views: dict[str, _View] = {}
"""What each browser session is shown at the moment; a session shows one turn at a time."""


async def answer_turn(service: ChatService, question: str, *, sources: Sequence[str] | None, profile: str = "") -> None:
    """Answer in the current session. Whatever fails is said in the answer's place, never an empty one."""
    run = cl.context.current_run
    session = cl.context.session
    try:
        asker = await _asker(service)
        service.limit.take(asker.address, asker.user)
        length = LengthShield(service.settings.longest_question)  # before the turn is kept: a book is not
        asked = await length.check(Question(question, sources, asker=asker, profile=profile))
        turn_id = await service.runner.start(asked, session.thread_id, turn_id=run.id if run else None)
        session.thread_id_to_resume = session.thread_id  # a browser that reconnects is shown what it missed
        await asyncio.shield(_show(service, turn_id))
    except (ChatError, RetrievalError, SessionEnded) as error:
        await cl.Message(content=shown(str(error))).send()
    except DatabaseError as error:  # its message is the operator's
        _LOG.error("a question could not be taken: %s", error)
        await cl.Message(content=_AWAY).send()


async def stop_turn(service: ChatService) -> None:
    """Stop what the session is shown. The toolkit has ended its own task by now, the view goes on to the end."""
    for message in cl.chat_context.get():
        if message.content == _TOOLKITS_WORD:
            await message.remove()
    if (view := _views.get(cl.context.session.id)) is not None:
        await service.runner.stop(view.turn_id)
        await asyncio.shield(view.task)


async def resume_thread(service: ChatService, thread: ThreadDict) -> None:
    """Go on with a thread in the current session: a turn that runs in it is shown from where it is."""
    session: Any = cl.context.session
    session.thread_id_to_resume = session.thread_id
    await leave_turn()
    turn_id = running_turn(thread)
    if turn_id is None:
        return
    drawn = _after("resume_thread")

    async def show() -> None:
        await drawn.wait()
        await cl.context.emitter.task_start()
        try:
            await _show(service, turn_id)
        finally:
            await cl.context.emitter.task_end()

    session.current_task = asyncio.create_task(show())


async def leave_turn() -> None:
    """Show nothing more in the current session; the turn itself goes on."""
    if (view := _views.pop(cl.context.session.id, None)) is not None:
        view.task.cancel()
        await asyncio.wait({view.task})


def _after(event: str) -> asyncio.Event:
    """Return what is set when the session's page has been sent an event."""
    session: Any = cl.context.session
    sent = asyncio.Event()
    emit = session.emit

    async def watched(name: str, data: Any) -> Any:
        done = await emit(name, data)
        if name == event:
            session.emit = emit
            sent.set()
        return done

    session.emit = watched
    return sent


def _show(service: ChatService, turn_id: str) -> asyncio.Task[None]:
    """Begin to show a turn in the current session, in a task of its own: stopping must not end it too early."""
    session_id = cl.context.session.id
    task = asyncio.create_task(_Shown(service, turn_id).run())
    view = _views[session_id] = _View(turn_id, task)

    def forget(_task: asyncio.Task[None]) -> None:
        if _views.get(session_id) is view:
            del _views[session_id]

    task.add_done_callback(forget)
    return task


class _Shown:
    def __init__(self, service: ChatService, turn_id: str) -> None:
        self._turn_id = turn_id
        self._events: AsyncIterator[TurnEvent] = service.runner.follow(turn_id)
        self._searched: TurnSearched | None = None
        self._message = cl.Message(content="", id=answer_id(turn_id), parent_id=turn_id)

    async def run(self) -> None:
        try:
            if (first := await self._search()) is not None:
                await self._tell(first)
            async for event in self._events:
                await self._tell(event)
        except ChatError as error:
            self._message.content = shown(str(error))
            await _finish(self._message)

    async def _tell(self, event: TurnEvent) -> None:
        if isinstance(event, TurnText):
            await self._message.stream_token(shown(event.text))
        elif isinstance(event, TurnEnded):
            await self._end(event)

    async def _search(self) -> TurnEvent | None:
        """Show the search as a step until it is done; return what came instead of it, if something did."""
        step = cl.Step(name=SEARCHING, type="tool", show_input=False, id=search_id(self._turn_id))
        step.parent_id = self._turn_id
        async with step:
            event = await anext(self._events, None)
            if isinstance(event, TurnSearched):
                self._searched = event
                step.name = search_line(event)
                step.output = search_list(event)
                return None
        return event

    async def _end(self, ended: TurnEnded) -> None:
        """Put the whole answer in place, with what its markers open."""
        self._message.content = ended_text(ended, self._searched)
        await _finish(self._message)
        if ended.answer is None:
            return
        for element in element_dicts(self._turn_id, self._message.thread_id, ended.answer):
            await cl.context.emitter.send_element(element)


async def _finish(message: cl.Message) -> None:
    if message.streaming:
        await message.update()
    else:
        await message.send()


async def _asker(service: ChatService) -> Asker:
    """Who asks: whoever the entrance found when the page was opened, if their session still holds."""
    session: Any = cl.context.session
    visit = visit_in((session.environ or {}).get("asgi.scope") or {})
    return await service.people.asker_of(visit.session, visit.address)
