"""`/v1/chat/completions` and `/v1/models`: every source is a model of an OpenAI-compatible API."""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator
from contextlib import aclosing

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, Response

from chat_app.answer import Answer
from chat_app.doors.answer_shape import extension, usage
from chat_app.doors.doorkeeper import Doorkeeper
from chat_app.doors.openai_shape import ALL_SOURCES, ChatRequest, asked, split_model
from chat_app.doors.refusal import DoorRoute, Refused
from chat_app.doors.sse import event, event_stream
from chat_app.doors.turn_door import DoorTurn, TurnDoor, whole
from chat_app.question import Question

_CHUNK = {"object": "chat.completion.chunk"}
_DONE = b"data: [DONE]\n\n"


def openai_router(door: TurnDoor, keeper: Doorkeeper) -> APIRouter:
    """Return the routes below `/v1`."""
    router = APIRouter(prefix="/v1", route_class=DoorRoute, tags=["OpenAI-compatible"])

    @router.get("/models", summary="The websites that can be asked, one model each")
    async def models(request: Request) -> JSONResponse:
        asker = await keeper.admit(request)
        releases = await keeper.readable(asker)
        made = max((int(release.built_at.timestamp()) for release in releases), default=0)
        rows = [_model(ALL_SOURCES, made, "Every website")] if releases else []
        rows += [_model(one.source, int(one.built_at.timestamp()), one.title) for one in releases]
        return JSONResponse({"object": "list", "data": rows})

    @router.post("/chat/completions", summary="Ask a question, as OpenAI's clients do")
    async def complete(request: Request, body: ChatRequest) -> Response:
        asker = await keeper.admit(request, question=True)
        text, history = asked(body.messages)
        sources, profile = split_model(body.model)
        chosen = await keeper.choose(asker, sources)
        question = Question(text, chosen, history, asker, keeper.profile(profile))
        turn = await door.start(question, door="openai")
        form = _Form(turn, body)
        if body.stream:
            return await event_stream(form.chunks(), heartbeat=door.heartbeat)
        return JSONResponse(form.whole(await whole(turn)))

    return router


def _model(name: str, created: int, title: str) -> dict[str, object]:
    return {"id": name, "object": "model", "created": created, "owned_by": ALL_SOURCES, "lorechat": {"title": title}}


def _finish(answer: Answer) -> str:
    """Why the answer ends, in the field's words: clients offer to go on where it is "length"."""
    return "stop" if answer.whole else "length"


class _Form:
    """An answer in the words of chat completions."""

    def __init__(self, turn: DoorTurn, body: ChatRequest) -> None:
        self._turn = turn
        self._with_usage = bool(body.stream_options and body.stream_options.include_usage)
        self._head = {"id": f"chatcmpl-{turn.turn_id}", "created": int(time.time()), "model": body.model}

    def whole(self, answer: Answer) -> dict[str, object]:
        message = {"role": "assistant", "content": answer.text, "lorechat": extension(answer, self._turn.turn_id)}
        choice = {"index": 0, "message": message, "finish_reason": _finish(answer), "logprobs": None}
        return {**self._head, "object": "chat.completion", "choices": [choice], "usage": usage(answer)}

    async def chunks(self) -> AsyncGenerator[bytes, None]:
        """The answer's events. What fails before the first one is raised, what fails later is sent as the last."""
        is_begun = False
        said: list[str] = []
        try:
            async with aclosing(self._turn.events) as events:
                async for item in events:
                    if isinstance(item, str):
                        yield self._chunk({"content": item} if is_begun else {"role": "assistant", "content": item})
                        is_begun = True
                        said.append(item)
                    elif isinstance(item, Answer):
                        yield self._last(item, "".join(said))
                        if self._with_usage:
                            yield event({**self._head, **_CHUNK, "choices": [], "usage": usage(item)})
                    elif not is_begun:
                        yield self._chunk({"role": "assistant", "content": ""})
                        is_begun = True
            yield _DONE
        except Refused as failure:
            if not is_begun:
                raise
            yield event(failure.body)

    def _chunk(self, delta: dict[str, str], *, finish: str | None = None, **more: object) -> bytes:
        choice = {"index": 0, "delta": delta, "finish_reason": finish, "logprobs": None}
        more |= {"usage": None} if self._with_usage else {}
        return event({**self._head, **_CHUNK, "choices": [choice], **more})

    def _last(self, answer: Answer, said: str) -> bytes:
        """The chunk with the citations; and with the text, where marks were put behind what was already sent."""
        more = extension(answer, self._turn.turn_id)
        if said.strip() != answer.text.strip():
            more["text"] = answer.text
        return self._chunk({}, finish=_finish(answer), lorechat=more)
