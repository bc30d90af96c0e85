"""The conversation: what happens when a person opens the chat, asks, chooses sources or judges an answer.

Loaded by the chat toolkit when the server mounts it; see `chat_app.server`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import chainlit as cl
from chainlit.input_widget import InputWidget, MultiSelect
from chainlit.types import ThreadDict

from chat_app.data_layer import DataLayer
from chat_app.people.toolkit import tell_toolkit
from chat_app.service import installed
from chat_app.starter import starters
from chat_app.turn import answer_turn, leave_turn, resume_thread, stop_turn

tell_toolkit(installed().settings.login)


@cl.data_layer
def data_layer() -> DataLayer:
    return DataLayer(installed().database, installed().turns)


@cl.set_starters
async def set_starters(_user: cl.User | None = None, _language: str | None = None) -> list[cl.Starter]:
    _, releases = installed().state()
    return [cl.Starter(label=label, message=question) for label, question in starters(releases)]


@cl.on_chat_start
async def offer_sources() -> None:
    """With several sources, let the person choose among them."""
    _, releases = installed().state()
    if len(releases) < 2:
        return
    choice: InputWidget = MultiSelect(
        id="sources",
        label="Websites to ask",
        items={release.title: release.source for release in releases},
        initial=[release.source for release in releases],
        description=f"Answers come from these sites. Written by: {installed().pipeline.answerer.model_name}.",
    )
    await cl.ChatSettings([choice]).send()


@cl.on_settings_update
async def choose_sources(settings: dict[str, Any]) -> None:
    cl.user_session.set("sources", _names(settings.get("sources")))


@cl.on_message
async def answer(message: cl.Message) -> None:
    await answer_turn(installed(), message.content, sources=cl.user_session.get("sources") or None)


@cl.on_chat_resume
async def go_on(thread: ThreadDict) -> None:
    await resume_thread(installed(), thread)


@cl.on_stop
async def stop() -> None:
    await stop_turn(installed())


@cl.on_chat_end
async def leave() -> None:
    """The page was left, or another conversation opened in it; a connection that drops alone ends nothing."""
    session: Any = cl.context.session
    if session.to_clear:
        await leave_turn()


def _names(chosen: Any) -> Sequence[str]:
    return [str(name) for name in chosen] if isinstance(chosen, (list, tuple)) else []
