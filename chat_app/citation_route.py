"""`/citation/<turn>/<n>`: what a marker opens in the page's side panel, made from the kept turn."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

from fastapi import FastAPI, Request
from fastapi.responses import PlainTextResponse

from chat_app.grounding.page_context import page_context
from chat_app.people.visit import visit_of
from chat_app.service import ChatService
from chat_app.shown_turn import citation_panel
from chat_app.store.error import DatabaseUnavailable

_NONE = "**There is no such passage.** The answer was deleted, or it is somebody else's."
_AWAY = "**The passage cannot be read at the moment.** Try again in a minute."


def add_citation_route(app: FastAPI, service: ChatService) -> None:
    """Serve passages to those who were given the answer and may still read what it quotes, and to nobody else."""

    @app.get("/citation/{turn_id}/{number}", include_in_schema=False)
    async def citation(request: Request, turn_id: str, number: int) -> PlainTextResponse:
        visit = visit_of(request)
        session, may_read = visit.session, service.people.access.may_read
        try:
            found = await service.runner.find(turn_id)
        except DatabaseUnavailable:
            return PlainTextResponse(_AWAY, 503)
        if session is None or found is None or found.author != session.name or found.answer is None:
            return PlainTextResponse(_NONE, 404)
        if not all(may_read(cited.passage.source, visit.person) for cited in found.answer.citations):
            return PlainTextResponse(_NONE, 404)  # who was given it may not read it any more
        text = await asyncio.to_thread(
            citation_panel,
            turn_id,
            number,
            found.answer,
            found.searched,
            context_of=lambda passage: page_context(service.lake, passage),
            now=datetime.now(UTC),
            stale_after=timedelta(days=service.settings.stale_after_days),
        )
        return PlainTextResponse(text or _NONE, 200 if text else 404, {"cache-control": "private, max-age=3600"})
