"""The conversation: what happens when a person opens the chat, asks, chooses sources or judges an answer.

Loaded by the chat toolkit when the server mounts it; see `chat_app.server`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import chainlit as cl
from chainlit.input_widget import InputWidget, MultiSelect
from chainlit.mode import Mode, ModeOption
from chainlit.types import ThreadDict

from chat_app.data_layer import DataLayer
from chat_app.models.profile import profiles
from chat_app.people.look_route import SOURCE
from chat_app.people.session import cookies
from chat_app.people.toolkit import tell_toolkit
from chat_app.service import installed
from chat_app.starter import starters
from chat_app.store.error import DatabaseError
from chat_app.turn import answer_turn, leave_turn, resume_thread, stop_turn
from retrieval.error import RetrievalError
from retrieval.vector_store import ReleaseManifest

_PROFILE = "profile"

tell_toolkit(installed().settings.login)


@cl.data_layer
def data_layer() -> DataLayer:
    return DataLayer(installed().database, installed().turns)


@cl.set_starters
async def set_starters(user: cl.User | None = None, _language: str | None = None) -> list[cl.Starter]:
    releases = await _releases(user.identifier if user else "")
    return [cl.Starter(label=label, message=question) for label, question in starters(releases)]


@cl.on_chat_start
async def offer() -> None:
    """Let the person choose who writes the answers, and among several websites."""
    await _offer_profiles()
    user = cl.user_session.get("user")
    releases = await _releases(user.identifier if user else "")
    chosen = [release.source for release in releases if release.source == _came_for()]
    if len(releases) > 1:
        cl.user_session.set("sources", chosen)
        await cl.ChatSettings([_websites(releases, chosen)]).send()


def _came_for() -> str:
    """The source whose address the browser was opened with, "" for none."""
    session: Any = cl.context.session
    return cookies((session.environ or {}).get("HTTP_COOKIE", "")).get(SOURCE, "")


def _websites(releases: Sequence[ReleaseManifest], chosen: Sequence[str]) -> InputWidget:
    return MultiSelect(
        id="sources",
        label="Websites to ask",
        items={release.title: release.source for release in releases},
        initial=list(chosen) or [release.source for release in releases],
        description="Answers come from these sites.",
    )


async def _offer_profiles() -> None:
    """Beside the question's field, so that it can be changed from one question to the next."""
    offered = profiles(installed().settings)
    options = [
        ModeOption(
            id=profile.name, name=profile.title, description=profile.description.replace("**", ""), default=place == 0
        )
        for place, profile in enumerate(offered)
    ]
    if options:
        await cl.context.emitter.set_modes([Mode(id=_PROFILE, name="Answers", options=options)])


@cl.on_settings_update
async def choose_sources(settings: dict[str, Any]) -> None:
    cl.user_session.set("sources", _names(settings.get("sources")))


@cl.on_message
async def answer(message: cl.Message) -> None:
    profile = (message.modes or {}).get(_PROFILE, "")
    sources = cl.user_session.get("sources") or None
    await answer_turn(installed(), message.content, sources=sources, profile=profile)


@cl.on_chat_resume
async def go_on(thread: ThreadDict) -> None:
    await _offer_profiles()
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


async def _releases(name: str) -> Sequence[ReleaseManifest]:
    """The live releases that the toolkit's user may read."""
    service = installed()
    try:
        asker = await service.people.asker_named(name, "")
    except (DatabaseError, RetrievalError):
        return []
    return (await service.state(asker.sources))[1]


def _names(chosen: Any) -> Sequence[str]:
    return [str(name) for name in chosen] if isinstance(chosen, (list, tuple)) else []
