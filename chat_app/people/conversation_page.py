"""`/conversations`: what somebody has asked, to take away or to share; `/shared/<token>`: what others shared."""

from __future__ import annotations

import asyncio
import re
from datetime import datetime
from urllib.parse import quote

from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from chat_app.page_template import PageTemplates
from chat_app.people.people import People
from chat_app.people.share import Shares
from chat_app.people.told_turn import ToldTurn, exported, place, told_turns
from chat_app.people.visit import Visit, visit_of
from chat_app.store.database import Database
from chat_app.store.thread_store import ThreadStore
from chat_app.store.turn_store import TurnStore

_MOST = 100
_NOT_THERE = "There is no such conversation. It may have been deleted, or its owner does not share it any more."


class _Conversations:
    def __init__(self, people: People, database: Database, pages: PageTemplates) -> None:
        self.people = people
        self.pages = pages
        self.shares = Shares(database)
        self.threads = ThreadStore(database)
        self._turns = TurnStore(database)

    async def overview(self, visit: Visit, search: str, *, link: str = "", status: int = 200) -> Response:
        """The page of all conversations of whoever visits."""
        who = visit.session.name if visit.session else ""
        rows = await self.threads.of(who, search=search[:200], most=_MOST)
        counts = await self.shares.counts(who)
        return self.pages.page("conversations", status=status, threads=rows, shares=counts, search=search, link=link)

    async def mine(self, request: Request, thread_id: str) -> str:
        """The visitor's name if the thread is theirs, else ""."""
        session = visit_of(request).session
        return session.name if session and await self.threads.author(thread_id) == session.name else ""

    async def told(self, thread_id: str, visit: Visit, up_to: datetime | None = None) -> list[ToldTurn]:
        """What was asked in a thread, until `up_to` if it is given, as the visitor may read it."""
        rows = await self._turns.of_thread(thread_id)
        kept = [dict(row) for row in rows if up_to is None or row["asked_at"] <= up_to]
        return await asyncio.to_thread(told_turns, kept, lambda name: self.people.access.may_read(name, visit.person))

    def absent(self) -> HTMLResponse:
        return self.pages.note("No such conversation", _NOT_THERE, status=404)


def add_conversations(app: FastAPI, people: People, database: Database, pages: PageTemplates) -> None:
    """Serve both pages. Forms are sent by the page itself: the gate refuses those of other origins."""
    ours = _Conversations(people, database, pages)
    _add_own(app, ours)

    @app.get("/shared/{token}", include_in_schema=False)
    async def shared(request: Request, token: str) -> Response:
        visit = visit_of(request)
        if people.needs_login and visit.person is None and not people.settings.shared_without_login:
            text = "Log in to the chat, then open this link again."
            return pages.note("Only for people who have logged in", text, status=401)
        row = await ours.shares.find(token)
        thread = await ours.threads.thread(row["thread_id"]) if row else None
        if row is None or thread is None:
            return ours.absent()
        turns = await ours.told(row["thread_id"], visit, row["up_to"])
        if any(turn.is_hidden for turn in turns):
            return ours.absent()
        return pages.page("shared", title=thread["name"], turns=turns, place=place)


def _add_own(app: FastAPI, ours: _Conversations) -> None:
    """What the owner of conversations may do."""

    @app.get("/conversations", include_in_schema=False)
    async def conversations(request: Request, search: str = "") -> Response:
        return await ours.overview(visit_of(request), search)

    @app.get("/conversations/{thread_id}/markdown", include_in_schema=False)
    async def export(request: Request, thread_id: str) -> Response:
        thread = await ours.threads.thread(thread_id)
        if thread is None or not await ours.mine(request, thread_id):
            return ours.absent()
        text = exported(thread["name"], await ours.told(thread_id, visit_of(request)))
        plain = re.sub(r"[^a-z0-9]+", "-", thread["name"].lower()).strip("-")[:60] or "conversation"
        named = f"attachment; filename=\"{plain}.md\"; filename*=UTF-8''{quote(plain)}.md"
        headers = {"content-disposition": named, "cache-control": "no-store"}
        return Response(text, media_type="text/markdown; charset=utf-8", headers=headers)

    @app.post("/conversations/{thread_id}/share", include_in_schema=False)
    async def share(request: Request, thread_id: str) -> Response:
        if not (owner := await ours.mine(request, thread_id)):
            return ours.absent()
        base = ours.people.settings.chat_url.rstrip("/") or str(request.base_url).rstrip("/")
        link = f"{base}/shared/{await ours.shares.add(thread_id, owner)}"
        return await ours.overview(visit_of(request), "", link=link)

    @app.post("/conversations/{thread_id}/unshare", include_in_schema=False)
    async def unshare(request: Request, thread_id: str) -> Response:
        if not (owner := await ours.mine(request, thread_id)):
            return ours.absent()
        await ours.shares.take_back(thread_id, owner)
        return RedirectResponse("/conversations", 303)
