"""`/api/search` and `/api/answer`: plain JSON, with an OpenAPI document and a page that shows it."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import JSONResponse, Response

from chat_app.answer import Answer
from chat_app.doors.answer_shape import extension, usage
from chat_app.doors.doorkeeper import Doorkeeper
from chat_app.doors.refusal import DoorRoute, Refused
from chat_app.doors.rest_shape import LONGEST, AnswerRequest, SearchRequest, passage_rows
from chat_app.doors.sse import event, event_stream
from chat_app.doors.turn_door import DoorTurn, TurnDoor, whole
from chat_app.question import Asker, Question
from chat_app.turns.event import TurnSearched


def rest_router(door: TurnDoor, keeper: Doorkeeper) -> APIRouter:
    """Return the routes below `/api`."""
    router = APIRouter(prefix="/api", route_class=DoorRoute, tags=["REST"])

    @router.get("/search", summary="Find passages")
    async def search_by_address(
        request: Request,
        question: Annotated[str, Query(min_length=1, max_length=LONGEST)],
        source: Annotated[list[str] | None, Query(description="may be given more than once")] = None,
        limit: Annotated[int, Query(ge=1, le=50)] = 8,
    ) -> JSONResponse:
        asker = await keeper.admit(request, question=True)
        return await _found(door, keeper, asker, SearchRequest(question=question, sources=source or [], limit=limit))

    @router.post("/search", summary="Find passages")
    async def search(request: Request, body: SearchRequest) -> JSONResponse:
        asker = await keeper.admit(request, question=True)
        return await _found(door, keeper, asker, body)

    @router.post("/answer", summary="Ask; with `Accept: text/event-stream` the answer comes as it is written")
    async def answer(request: Request, body: AnswerRequest) -> Response:
        asker = await keeper.admit(request, question=True)
        chosen = await keeper.choose(asker, body.sources or None)
        question = Question(body.question.strip(), chosen, body.exchanges(), asker, keeper.profile(body.profile))
        if not question.text:
            raise Refused(400, "no_question", "The question is empty.")
        turn = await door.start(question, door="rest")
        if "text/event-stream" in request.headers.get("accept", ""):
            return await event_stream(_events(turn), heartbeat=door.heartbeat)
        return JSONResponse(_row(await whole(turn), turn.turn_id))

    return router


async def _found(door: TurnDoor, keeper: Doorkeeper, asker: Asker, wanted: SearchRequest) -> JSONResponse:
    chosen = await keeper.choose(asker, wanted.sources or None)
    library = door.service.pipeline.library
    found = await library.search(wanted.question, sources=chosen, readable=asker.sources, limit=wanted.limit)
    releases = {release.source: release.release_id for release in found.releases}
    return JSONResponse({"passages": passage_rows(found.passages), "releases": releases})


def _row(answer: Answer, turn_id: str) -> dict[str, object]:
    return {"question": answer.question, "answer": answer.text, **extension(answer, turn_id), "usage": usage(answer)}


async def _events(turn: DoorTurn) -> AsyncGenerator[bytes, None]:
    """`searched`, many `text`, then `answer`, or `error` where something failed on the way."""
    is_begun = False
    try:
        async with aclosing(turn.events) as events:
            async for item in events:
                is_begun = True
                if isinstance(item, TurnSearched):
                    facts = {"turn_id": turn.turn_id, "passages": len(item.places), "milliseconds": item.milliseconds}
                    yield event(facts, name="searched")
                elif isinstance(item, Answer):
                    yield event(_row(item, turn.turn_id), name="answer")
                else:
                    yield event({"text": item}, name="text")
    except Refused as failure:
        if not is_begun:
            raise
        yield event(failure.body, name="error")
