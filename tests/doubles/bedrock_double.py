"""A double of Amazon Bedrock's runtime: Converse, ConverseStream in real event-stream frames, and ApplyGuardrail."""

from __future__ import annotations

import asyncio
import re
from typing import Any
from urllib.parse import unquote

from tests.doubles.behaviour import Behaviour
from tests.doubles.event_stream import event, failure
from tests.doubles.loopback_server import Reply, Request
from tests.doubles.provider_double import ProviderServer

_ACCOUNT = "123456789012"
_REFUSALS = {
    400: ("ValidationException", "The provided model identifier is invalid."),
    401: ("UnrecognizedClientException", "The security token included in the request is invalid."),
    403: (
        "AccessDeniedException",
        f"User: arn:aws:sts::{_ACCOUNT}:assumed-role/chat/i-0abc is not authorized to perform: "
        f"bedrock:InvokeModelWithResponseStream on resource: arn:aws:bedrock:us-east-1:{_ACCOUNT}:inference-profile/x",
    ),
    404: ("ResourceNotFoundException", "Could not resolve the foundation model from the provided model identifier."),
    424: ("ModelErrorException", "The model could not finish."),
    429: ("ThrottlingException", "Too many requests, please wait before trying again."),
    500: ("InternalServerException", "The server made an error."),
    503: ("ServiceUnavailableException", "Bedrock is unable to process your request."),
}


class BedrockDouble(ProviderServer):
    """`url` is the endpoint. `guarded` maps a forbidden word to what ApplyGuardrail says instead."""

    def __init__(self, port: int = 0, *, delay: float = 0.0, first_delay: float = 0.0) -> None:
        self.guarded: dict[str, str] = {}
        super().__init__(port, delay=delay, first_delay=first_delay)
        self.url = self.origin

    async def answer(self, request: Request, reply: Reply) -> None:
        self.keys.append(request.headers.get("authorization", ""))
        path = unquote(request.path)
        body = request.json()
        if path.startswith("/guardrail/"):
            await reply.json(200, self._judged(body))
            return
        found = re.fullmatch(r"/model/(.+)/(converse|converse-stream)", path)
        if found is None:
            await _refuse(reply, Behaviour(status=404))
            return
        self.note({**body, "model": found[1]})
        how = self.behaviour(found[1])
        if how.status != 200:
            await _refuse(reply, how)
        elif found[2] == "converse-stream":
            await self._stream(reply, body, how)
        else:
            await self._whole(reply, body, how)

    async def _stream(self, reply: Reply, body: dict[str, Any], how: Behaviour) -> None:
        await self.pause(0)
        if how.pieces == 0 and how.then == "stall":
            await asyncio.Event().wait()
        await reply.begin({"content-type": "application/vnd.amazon.eventstream", "x-amzn-requestid": "1"})
        await reply.chunk(event("messageStart", {"role": "assistant"}))
        for place, piece in enumerate(self.pieces(body, how)):
            if place:
                await self.pause(place)
            await reply.chunk(event("contentBlockDelta", {"contentBlockIndex": 0, "delta": {"text": piece}}))
        if how.then == "stall":
            await asyncio.Event().wait()
        elif how.then == "break":
            reply.abort()
        elif how.then == "error":
            await reply.chunk(failure("modelStreamErrorException", f"The model of {_ACCOUNT} stopped."))
            await reply.end()
        else:
            await self._finish(reply, how)

    async def _finish(self, reply: Reply, how: Behaviour) -> None:
        reason = "max_tokens" if how.then == "length" else "end_turn"
        await reply.chunk(event("contentBlockStop", {"contentBlockIndex": 0}))
        await reply.chunk(event("messageStop", {"stopReason": reason}))
        if how.usage:
            await reply.chunk(event("metadata", {"usage": self._usage(), "metrics": {"latencyMs": 1}}))
        await reply.end()

    async def _whole(self, reply: Reply, body: dict[str, Any], how: Behaviour) -> None:
        message = {"role": "assistant", "content": [{"text": "".join(self.pieces(body, how))}]}
        found = {"output": {"message": message}, "stopReason": "end_turn", "usage": self._usage()}
        await reply.json(200, {**found, "metrics": {"latencyMs": 1}})

    def _usage(self) -> dict[str, int]:
        """Bedrock counts cached tokens besides the input, not in it."""
        asked, said, cached = self.counts
        counted = {"inputTokens": asked - cached, "outputTokens": said, "totalTokens": asked + said}
        return {**counted, "cacheReadInputTokens": cached, "cacheWriteInputTokens": 0}

    def _judged(self, body: dict[str, Any]) -> dict[str, Any]:
        text = " ".join(part["text"]["text"] for part in body["content"])
        instead = next((said for word, said in self.guarded.items() if word in text), None)
        return {
            "usage": {},
            "action": "NONE" if instead is None else "GUARDRAIL_INTERVENED",
            "outputs": [] if instead is None else [{"text": instead}],
            "assessments": [],
        }


async def _refuse(reply: Reply, how: Behaviour) -> None:
    name, message = _REFUSALS.get(how.status, ("InternalServerException", "no"))
    headers = {"x-amzn-errortype": name}
    if how.retry_after is not None:
        headers["retry-after"] = str(round(how.retry_after))
    await reply.json(how.status, {"message": message}, headers)
