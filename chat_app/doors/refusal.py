"""How every door says no: one JSON shape, the one that OpenAI's clients read."""

from __future__ import annotations

import logging
from collections.abc import Callable, Coroutine
from typing import Any

from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from chat_app.error import (
    ChatError,
    ProviderBusy,
    ProviderError,
    ProviderSilent,
    ShieldRefusal,
    ShieldUnavailable,
    TooManyQuestions,
    UnknownSource,
)
from chat_app.metrics import Metrics
from chat_app.store.error import DatabaseError
from chat_app.turns.error import Draining, TooManyTurns
from lake import LakeError
from retrieval.error import RetrievalError

_LOG = logging.getLogger(__name__)
_KINDS = {401: "authentication_error", 403: "permission_error", 429: "rate_limit_error"}


class Refused(Exception):
    """A request that a door does not serve. `code` is for programs, the message for people; `retry_after` is in whole
    seconds, None where waiting does not help."""

    def __init__(self, status: int, code: str, message: str, *, retry_after: int | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.retry_after = retry_after

    @property
    def body(self) -> dict[str, object]:
        """The JSON that is sent, also in the middle of a stream."""
        kind = _KINDS.get(self.status, "server_error" if self.status >= 500 else "invalid_request_error")
        return {"error": {"message": str(self), "type": kind, "param": None, "code": self.code}}

    def response(self) -> JSONResponse:
        """The whole response."""
        headers = {} if self.retry_after is None else {"Retry-After": str(self.retry_after)}
        if self.status == 401:
            headers["WWW-Authenticate"] = "Bearer"
        return JSONResponse(self.body, status_code=self.status, headers=headers)


def refused(error: ChatError | RetrievalError | LakeError | DatabaseError) -> Refused:
    """Return what a failure is called over HTTP. What a database says is for the operator: it names its place."""
    if isinstance(error, DatabaseError):
        _LOG.error("a door is closed: %s", error)
        return Refused(503, "not_ready", "Keys cannot be checked now. Try again in a minute.", retry_after=60)
    said = str(error).replace("**", "")
    match error:
        case UnknownSource():
            return Refused(404, "unknown_source", said)
        case TooManyQuestions():
            return Refused(429, "too_many_questions", said, retry_after=getattr(error, "retry_after", 60))
        case Draining() | TooManyTurns():
            return Refused(503, "busy", said, retry_after=5)
        case ShieldRefusal():
            return Refused(400, "refused_by_shield", said)
        case ShieldUnavailable():
            return Refused(503, "shield_unavailable", said, retry_after=30)
        case ProviderBusy():
            return Refused(503, "model_busy", said, retry_after=30)
        case ProviderSilent():
            return Refused(504, "model_silent", said)
        case ProviderError():
            return Refused(502, "model_failed", said)
        case RetrievalError() | LakeError():
            return Refused(503, "not_ready", said)
    return Refused(400, "not_answered", said)


class DoorRoute(APIRoute):
    """A route whose failures all have the doors' shape."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def handled(request: Request) -> Response:
            try:
                return await handle(request)
            except Refused as error:
                refusal = error
            except RequestValidationError as error:
                refusal = _invalid(error)
            except (ChatError, RetrievalError, LakeError, DatabaseError) as error:
                refusal = refused(error)
            metrics: Metrics = request.app.state.metrics
            metrics.refusals.labels(str(refusal.status)).inc()
            return refusal.response()

        return handled


def _invalid(error: RequestValidationError) -> Refused:
    """Name the first field that is wrong."""
    first = error.errors()[0]
    place = ".".join(str(part) for part in first["loc"] if part != "body")
    return Refused(400, "invalid_request", f"{place}: {first['msg']}" if place else str(first["msg"]))
