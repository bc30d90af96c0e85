"""One turn in the chat's page: the search as a step, the answer streamed, each [n] opening its passage."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from contextlib import aclosing
from datetime import UTC, datetime
from typing import Any

import chainlit as cl

from chat_app.answer import Answer, Searched
from chat_app.error import ChatError
from chat_app.grouping import grouped
from chat_app.markdown_view import outside_code, panel, shown
from chat_app.question import Question
from chat_app.service import ChatService
from chat_app.trace_page import trace_path
from retrieval.error import RetrievalError
from retrieval.vector_store import ReleaseManifest

_JOINER = "\u2060"
_PANEL_OPENS_SECONDS = 0.15
_LONGEST_QUESTION = 4_000


async def answer_turn(service: ChatService, question: str, *, sources: Sequence[str] | None) -> None:
    """Answer in the current session. Whatever fails is said in the answer's place, never an empty one."""
    asked_at = datetime.now(UTC)
    message = cl.Message(content="")
    turn = _Turn(service, message)
    try:
        service.limit.take(_address())
        if not question.strip():
            raise ChatError("**That was an empty question.** Write what you want to know.")
        await turn.run(question.strip()[:_LONGEST_QUESTION], sources, asked_at)
    except (ChatError, RetrievalError) as error:
        said = f"{message.content.rstrip()}\n\n" if message.content.strip() else ""
        message.content = shown(said + str(error))
        await _finish(message)


def _turn_id(message: cl.Message) -> str:
    """What the page judges: the run that the message belongs to."""
    run = cl.context.current_run
    return run.id if run is not None else message.id


class _Turn:
    def __init__(self, service: ChatService, message: cl.Message) -> None:
        self._service = service
        self._message = message
        self._releases: Sequence[ReleaseManifest] = ()
        self.answer: Answer | None = None

    async def run(self, question: str, sources: Sequence[str] | None, asked_at: datetime) -> None:
        events = self._service.pipeline.stream(Question(question, sources))
        async with aclosing(events), aclosing(grouped(self._texts(events))) as texts:
            async for text in texts:
                await self._message.stream_token(shown(text))
        if self.answer is not None:
            self._keep(self.answer, asked_at)  # before its citations link to it
            await self._show(self.answer)

    def _keep(self, answer: Answer, asked_at: datetime) -> None:
        turn_id, thread_id = _turn_id(self._message), cl.context.session.thread_id
        self._service.turns.turn(answer, turn_id=turn_id, thread_id=thread_id, asked_at=asked_at)

    async def _texts(self, events: AsyncIterator[Searched | str | Answer]) -> AsyncGenerator[str, None]:
        """Pass on the answer's text; show the search when it is done, keep the answer when it is whole."""
        async with cl.Step(name="Searching the pages", type="tool", show_input=False) as step:
            searched = await anext(events)
            if isinstance(searched, Searched):
                self._releases = searched.releases
                step.name = _search_line(searched)
                step.output = _search_list(searched)
        async for event in events:
            if isinstance(event, str):
                yield event
            elif isinstance(event, Answer):
                self.answer = event

    async def _show(self, answer: Answer) -> None:
        """Put the whole answer in place, with what its markers open."""
        titles = {release.source: release.title for release in self._releases}
        marker = _marker(answer)
        text = answer.text
        elements: list[Any] = self._message.elements
        for citation in answer.citations:
            text = outside_code(text, _marked(citation.number, marker))
            trace = trace_path(_turn_id(self._message), citation.number)
            content = panel(citation, source_title=titles.get(citation.passage.source, ""), trace=trace)
            elements.append(cl.Text(name=marker.format(citation.number), content=content, display="side"))
        seconds = answer.milliseconds / 1000
        line = f"*{answer.model} · {', '.join(titles.values())} · {seconds:.1f} s*"
        self._message.content = shown(f"{text}\n\n{line}")
        await _finish(self._message)
        await _close_panel()


async def _close_panel() -> None:
    """The page opens its side panel whenever passages arrive, over the answer on a phone: it shall open on a click.
    The panel opens after the page has drawn the answer, so closing it must come later."""
    await asyncio.sleep(_PANEL_OPENS_SECONDS)
    await cl.ElementSidebar.set_elements([])


async def _finish(message: cl.Message) -> None:
    if message.streaming:
        await message.update()
    else:
        await message.send()


def _marker(answer: Answer) -> str:
    """How markers are written. The page makes a link of every text that equals a marker, in code too: where the
    answer's code contains one, the real markers get an invisible character that the code's do not have."""
    without_prose = outside_code(answer.text, lambda _: "")
    return "[{}]" + (_JOINER if re.search(r"\[\d+\]", without_prose) else "")


def _marked(number: int, marker: str) -> Callable[[str], str]:
    return lambda text: text.replace(f"[{number}]", marker.format(number))


def _search_line(searched: Searched) -> str:
    """The step's name: letters, digits and spaces only, or the page asks for a picture of that name and fails."""
    sites = "1 website" if len(searched.releases) == 1 else f"{len(searched.releases)} websites"
    return f"{len(searched.passages)} passages from {sites} in {searched.milliseconds} ms"


def _search_list(searched: Searched) -> str:
    lines = []
    for place, scored in enumerate(searched.passages, start=1):
        path = " › ".join(scored.passage.heading_path) or scored.passage.title
        close = "" if scored.dense is None else f" · similarity {scored.dense:.2f}"
        lines.append(f"{place}. {path}{close}")
    return shown("\n".join(lines))


def _address() -> str:
    """Who asks: the connection's address, as far as the server can tell."""
    environ = getattr(cl.context.session, "environ", None) or {}
    client = (environ.get("asgi.scope") or {}).get("client")
    return str(client[0]) if client else "unknown"
