"""A double of OpenAI and of every server that speaks its chat completions, over real HTTP.

    python tests/doubles/openai_double.py --port 9000 --delay 0.02

serves until it is stopped; as a class it serves a test.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import time
from pathlib import Path
from types import ModuleType
from typing import Any

if __package__ in (None, ""):  # run as a program; an installed package of the same name would be found otherwise
    _tests = ModuleType("tests")
    _tests.__path__ = [str(Path(__file__).resolve().parents[1])]
    sys.modules["tests"] = _tests

from tests.doubles.behaviour import Behaviour
from tests.doubles.loopback_server import Reply, Request
from tests.doubles.provider_double import ProviderServer


class ProviderDouble(ProviderServer):
    """`url` is its base address. It offers the models of `offers`; any other name is answered too, as
    `behaviour_of` says."""

    def __init__(self, port: int = 0, *, delay: float = 0.0, first_delay: float = 0.0) -> None:
        self.offers = ["good"]
        super().__init__(port, delay=delay, first_delay=first_delay)
        self.url = f"{self.origin}/v1"

    async def answer(self, request: Request, reply: Reply) -> None:
        self.keys.append(request.headers.get("authorization", ""))
        if request.path.endswith("/models"):
            data = [{"id": name, "object": "model", "created": 1, "owned_by": "double"} for name in self.offers]
            await reply.json(200, {"object": "list", "data": data})
            return
        body = request.json()
        self.note(body)
        how = self.behaviour(body["model"])
        if how.status != 200:
            await self._refuse(reply, how)
        elif body.get("stream"):
            await self._stream(reply, body, how)
        else:
            await self._whole(reply, body, how)

    async def _refuse(self, reply: Reply, how: Behaviour) -> None:
        """As OpenAI does, down to the codes; a key never comes back whole."""
        codes = {401: "invalid_api_key", 404: "model_not_found", 429: "rate_limit_exceeded"}
        message = "Incorrect API key provided: sk-secret-of-the-operator." if how.status == 401 else "no"
        error = {"message": message, "type": "error", "param": None, "code": codes.get(how.status, "no")}
        headers = {}
        if how.retry_after is not None:
            headers = {"retry-after": str(round(how.retry_after)), "retry-after-ms": str(how.retry_after * 1000)}
        await reply.json(how.status, {"error": error}, headers)

    async def _stream(self, reply: Reply, body: dict[str, Any], how: Behaviour) -> None:
        opening = _opening(body["model"])
        await self.pause(0)
        if how.pieces == 0 and how.then == "stall":
            await asyncio.Event().wait()
        await reply.begin({"content-type": "text/event-stream", "cache-control": "no-cache"})
        for place, piece in enumerate(self.pieces(body, how)):
            if place:
                await self.pause(place)
            delta = {"content": piece} if place else {"role": "assistant", "content": piece}
            await reply.chunk(_event(opening, choices=[{"index": 0, "delta": delta, "finish_reason": None}]))
        if how.then == "stall":
            await asyncio.Event().wait()
        elif how.then == "break":
            reply.abort()
        elif how.then == "error":
            error = {"message": "the engine stopped", "type": "server_error", "code": "server_error"}
            await reply.chunk(f"data: {json.dumps({'error': error})}\n\n".encode())
            await reply.end()
        else:
            await self._finish(reply, opening, how, counted=how.usage and bool(body.get("stream_options")))

    async def _finish(self, reply: Reply, opening: dict[str, Any], how: Behaviour, *, counted: bool) -> None:
        await reply.chunk(_event(opening, choices=[{"index": 0, "delta": {}, "finish_reason": how.then}]))
        if counted:
            await reply.chunk(_event(opening, choices=[], usage=self._usage()))
        await reply.chunk(b"data: [DONE]\n\n")
        await reply.end()

    async def _whole(self, reply: Reply, body: dict[str, Any], how: Behaviour) -> None:
        message = {"role": "assistant", "content": "".join(self.pieces(body, how))}
        choice = {"index": 0, "message": message, "finish_reason": "stop"}
        opening = {**_opening(body["model"]), "object": "chat.completion"}
        await reply.json(200, {**opening, "choices": [choice], "usage": self._usage()})

    def _usage(self) -> dict[str, Any]:
        asked, said, cached = self.counts
        details = {"prompt_tokens_details": {"cached_tokens": cached}}
        return {"prompt_tokens": asked, "completion_tokens": said, "total_tokens": asked + said, **details}


def _opening(model: str) -> dict[str, Any]:
    return {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": int(time.time()), "model": model}


def _event(opening: dict[str, Any], **fields: Any) -> bytes:
    return f"data: {json.dumps({**opening, **fields})}\n\n".encode()


def main() -> None:
    """Serve until standard input ends or the process is ended; print the address first."""
    options = argparse.ArgumentParser(description="A double of an OpenAI-compatible server, on loopback.")
    options.add_argument("--port", type=int, default=0)
    options.add_argument("--delay", type=float, default=0.02, help="seconds between two pieces")
    options.add_argument("--first-delay", type=float, default=0.0, help="seconds before the first piece")
    options.add_argument("--text", default="Swarms leave in late spring [1], when the hive is crowded. " * 8)
    chosen = options.parse_args()
    double = ProviderDouble(chosen.port, delay=chosen.delay, first_delay=chosen.first_delay)
    double.text = chosen.text
    print(double.url, flush=True)
    double.serve()


if __name__ == "__main__":
    main()
