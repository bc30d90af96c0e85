"""`/trace/<answer>/<n>`: what stands behind a citation, from the passage back to the bytes."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote, urlencode

from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse

from chat_app.page_template import PageTemplates
from chat_app.people.person import Person
from chat_app.people.visit import visit_of
from chat_app.service import ChatService
from lake import LakeError
from lake.trace import Trace, Turn, find_turns, trace_citation
from lake.trace_line import trace_lines

_AROUND = 1_500
_RELOAD_SECONDS = 2


@dataclass(frozen=True, slots=True)
class Excerpt:
    """A passage in its markdown, with up to 1,500 characters on either side; cut where there is more."""

    before: str
    passage: str
    after: str
    cut_before: bool
    cut_after: bool


def trace_path(turn_id: str, number: int) -> str:
    """Return the address, on the chat, of what stands behind a citation."""
    return f"/trace/{quote(turn_id, safe='')}/{number}"


def add_trace_page(app: FastAPI, service: ChatService, pages: PageTemplates) -> None:
    """Serve the pages behind citations. An answer's whole id must be given: it is what a reader was shown."""

    @app.get("/trace/{turn_id}/{number}", include_in_schema=False)
    def trace(request: Request, turn_id: str, number: int) -> HTMLResponse:
        try:
            return _page(service, pages, turn_id, number, visit_of(request).person)
        except LakeError as error:
            return pages.note("The lake cannot be read", str(error), status=503)


def _page(service: ChatService, pages: PageTemplates, turn_id: str, number: int, person: Person | None) -> HTMLResponse:
    if service.turns.is_waiting(turn_id):
        text = "The answer is on its way into the lake. This page loads itself again."
        return pages.note("Being written", text, status=202, reload_seconds=_RELOAD_SECONDS)
    turns = find_turns(service.lake, turn_id)
    may_read = service.people.access.may_read
    if not turns or not all(may_read(one["source"], person) for one in turns[0].citations):
        text = "No answer with this id is kept. It may have been erased, or the lake refused it when it was given."
        return pages.note("No such answer", text, status=404)
    citation = turns[0].citation(number)
    if citation is None:
        return pages.note("No such citation", f"That answer has no citation {number}.", status=404)
    return _shown(service, pages, turns[0], trace_citation(service.lake, turns[0], citation))


def _shown(service: ChatService, pages: PageTemplates, turn: Turn, trace: Trace) -> HTMLResponse:
    cited = trace.citation
    return pages.page(
        "trace",
        turn=turn,
        trace=trace,
        number=cited["number"],
        heading=" › ".join(cited["heading_path"]) or cited["title"],
        others=[one["number"] for one in turn.citations if one["number"] != cited["number"]],
        excerpt=excerpt(trace),
        lines=list(trace_lines(trace, service.settings.dagster_address)),
        why_query=urlencode({"url": cited["url"], "question": turn.question, "source": cited["source"]}),
    )


def excerpt(trace: Trace) -> Excerpt | None:
    """Return the passage with the markdown around it, None when either is not in the lake any more."""
    if trace.chunk is None or trace.document is None:
        return None
    markdown, start, end = trace.document["markdown"], trace.chunk["start"], trace.chunk["end"]
    return Excerpt(
        before=markdown[max(0, start - _AROUND) : start],
        passage=markdown[start:end],
        after=markdown[end : end + _AROUND],
        cut_before=start > _AROUND,
        cut_after=end + _AROUND < len(markdown),
    )
