"""`/curate`: a curator accepts, corrects or declines questions of people as golden ones."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

import polars as pl
from fastapi import FastAPI, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from chat_app.doors.doorkeeper import is_local
from chat_app.page_template import PageTemplates
from chat_app.people.person import ADMIN, CURATOR
from chat_app.people.visit import Visit, visit_of
from chat_app.service import ChatService
from data_contracts.golden_candidate import GOLDEN_DECISIONS
from lake import LakeError
from lake.golden import open_candidates
from retrieval.error import RetrievalError

_MOST = 50
_SHORTEST = 3
_NOBODY = "Only curators see what people asked. Log in as one, or ask an administrator for the role `curator`."


@dataclass(frozen=True, slots=True)
class Decision:
    """What a curator sends: the question as it shall be asked, the page that answers it, and words of that page."""

    decision: Literal["accept", "decline"]
    question: str
    url: str = ""
    quote: str = ""


class _Curation:
    def __init__(self, service: ChatService, pages: PageTemplates) -> None:
        self._service = service
        self._pages = pages

    def may(self, request: Request) -> bool:
        """Whether somebody is a curator. Where nobody logs in, whoever sits at this machine is one; behind a proxy
        everybody seems to, so that nobody is one where there are signs of a proxy."""
        person = visit_of(request).person
        if person is not None:
            return bool(person.roles & {CURATOR, ADMIN})
        settings = self._service.settings
        is_behind = bool(settings.chat_url or settings.trusted_proxies)
        return not self._service.people.needs_login and not is_behind and is_local(request)

    def page(self, visit: Visit, *, problem: str = "", at: str = "", draft: Decision | None = None) -> HTMLResponse:
        may_read = self._service.people.access.may_read
        names = [name for name in self._service.store.sources() if may_read(name, visit.person)]
        waiting = [(name, open_candidates(self._service.lake, name).head(_MOST).to_dicts()) for name in names]
        status = 422 if problem else 200
        return self._pages.page("curate", status=status, waiting=waiting, problem=problem, at=at, draft=draft)

    def decide(self, visit: Visit, source: str, candidate_id: str, sent: Decision) -> Response:
        """Keep a decision, or say what is wrong with it."""
        candidates = open_candidates(self._service.lake, source)
        is_known = candidate_id in candidates["candidate_id"]
        if not is_known or not self._service.people.access.may_read(source, visit.person):
            return self._pages.note("No such question", "It was decided about already, or erased.", status=404)
        if sent.decision == "accept" and (problem := self._problem(source, sent)):
            return self.page(visit, problem=problem, at=candidate_id, draft=sent)
        row: dict[str, Any] = {
            "candidate_id": candidate_id,
            "decided_at": datetime.now(UTC),
            "is_accepted": sent.decision == "accept",
            "question": _line(sent.question),
            "url": sent.url.strip(),
            "quote": _line(sent.quote),
        }
        schema = GOLDEN_DECISIONS.schema.create_empty().drop("source").schema
        self._service.lake.append(GOLDEN_DECISIONS, pl.DataFrame([row], schema=schema), source=source)
        return RedirectResponse("/curate", 303)

    def _problem(self, source: str, sent: Decision) -> str:
        """Say why a release cannot be asked this; "" when it can."""
        if len(_line(sent.question)) < _SHORTEST or len(_line(sent.quote)) < _SHORTEST:
            return "Write the question, and the words of the page that answer it."
        passages = self._service.store.page(source, sent.url.strip())
        if not passages:
            return "The live release has no such page. Copy the page's address from a citation."
        wanted = _line(sent.quote).casefold()
        if not any(wanted in _line(passage.body).casefold() for passage in passages):
            return "These words do not stand on that page. Copy them from it, within one section."
        return ""


def add_curate_page(app: FastAPI, service: ChatService, pages: PageTemplates) -> None:
    """Serve the page and take its decisions. Forms of other origins are refused by the gate."""
    curation = _Curation(service, pages)

    @app.get("/curate", include_in_schema=False)
    async def curate(request: Request) -> Response:
        if not curation.may(request):
            return pages.note("For curators", _NOBODY, status=403)
        try:
            return await asyncio.to_thread(curation.page, visit_of(request))
        except (LakeError, RetrievalError) as error:
            return pages.note("The questions cannot be read", str(error), status=503)

    @app.post("/curate/{source}/{candidate_id}", include_in_schema=False)
    async def decide(
        request: Request,
        source: str,
        candidate_id: str,
        decision: Annotated[Literal["accept", "decline"], Form()],
        question: Annotated[str, Form(max_length=300)] = "",
        url: Annotated[str, Form(max_length=2_000)] = "",
        quote: Annotated[str, Form(max_length=2_000)] = "",
    ) -> Response:
        if not curation.may(request):
            return pages.note("For curators", _NOBODY, status=403)
        try:
            sent = Decision(decision, question, url, quote)
            return await asyncio.to_thread(curation.decide, visit_of(request), source, candidate_id, sent)
        except (LakeError, RetrievalError) as error:
            return pages.note("The decision was not kept", str(error), status=503)


def _line(text: str) -> str:
    return " ".join(text.split())
