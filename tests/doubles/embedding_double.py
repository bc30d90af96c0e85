"""A double of the embedding APIs of OpenAI and of Amazon Bedrock (Titan, Cohere) over real HTTP.

A text's vector counts its words in hashed dimensions, so texts that share words are near, and the same text has the
same vector whatever stands beside it.
"""

from __future__ import annotations

import asyncio
import hashlib
import re
from collections.abc import Callable
from typing import Any

import numpy as np

from tests.doubles.loopback_server import LoopbackServer, Reply, Request

_INVOKE = re.compile(r"/model/([^/]+)/invoke$")

Refusal = tuple[int, str, dict[str, str]] | None
"""Status, the provider's code, headers; None: all is well."""


class EmbeddingDouble(LoopbackServer):
    """`trouble` is asked at every request (number from 0). `asked` holds the requests' texts; `kinds` what each Cohere
    request said that its texts are. No request is answered before `together` of them were there at one time."""

    def __init__(self) -> None:
        self.trouble: Callable[[int], Refusal] = lambda number: None
        self.asked: list[list[str]] = []
        self.kinds: list[str] = []
        self.requests = 0
        self.running = 0
        self.most_running = 0
        self.together = 1
        self._met = asyncio.Event()
        super().__init__()
        self.openai_url = f"{self.origin}/v1"

    async def answer(self, request: Request, reply: Reply) -> None:
        self.running += 1
        self.most_running = max(self.running, self.most_running)
        if self.most_running >= self.together:
            self._met.set()
        try:
            await self._met.wait()
            refusal = self.trouble(self.requests)
            self.requests += 1
            path = request.path.replace("%3A", ":")
            if found := _INVOKE.search(path):
                await self._bedrock(found[1], request.json(), reply, refusal)
            else:
                await self._openai(request, reply, refusal)
        finally:
            self.running -= 1

    async def _openai(self, request: Request, reply: Reply, refusal: Refusal) -> None:
        if refusal is not None:
            status, code, headers = refusal
            await reply.json(status, {"error": {"message": code, "type": "error", "code": code}}, headers)
            return
        body = request.json()
        texts = [body["input"]] if isinstance(body["input"], str) else body["input"]
        self.asked.append(texts)
        if not all(texts) or len(texts) > 2048:
            error = {"message": "'$.input' is invalid", "type": "invalid_request_error", "code": None}
            await reply.json(400, {"error": error})
            return
        rows = [
            {"object": "embedding", "index": place, "embedding": vector_of(text, body["dimensions"])}
            for place, text in enumerate(texts)
        ]
        tokens = sum(len(text.split()) for text in texts)
        usage = {"prompt_tokens": tokens, "total_tokens": tokens}
        await reply.json(200, {"object": "list", "model": body["model"], "data": rows[::-1], "usage": usage})

    async def _bedrock(self, model: str, body: dict[str, Any], reply: Reply, refusal: Refusal) -> None:
        if refusal is not None:
            status, code, headers = refusal
            said = {"message": "User: arn:aws:sts::123456789012:assumed-role/operator is not authorized"}
            await reply.json(status, said, {"x-amzn-errortype": code, **headers})
            return
        texts = [body["inputText"]] if "titan" in model else body["texts"]
        self.asked.append(texts)
        tokens = sum(len(text.split()) for text in texts)
        headers = {"x-amzn-bedrock-input-token-count": str(tokens)}
        if "titan" in model:
            found: dict[str, Any] = {
                "embedding": vector_of(texts[0], body["dimensions"]),
                "inputTextTokenCount": tokens,
            }
        else:
            self.kinds.append(body["input_type"])
            found = {"embeddings": [vector_of(text, 1024) for text in texts], "response_type": "embeddings_floats"}
        if not all(texts) or len(texts) > 96:
            await reply.json(400, {"message": "Malformed input request"}, {"x-amzn-errortype": "ValidationException"})
            return
        await reply.json(200, found, headers)


def vector_of(text: str, dimension: int) -> list[float]:
    """A text's vector, of length one."""
    vector = np.full(dimension, 1e-4)
    for word in re.findall(r"\w+", text.lower()):
        vector[int(hashlib.sha256(word.encode()).hexdigest()[:8], 16) % dimension] += 1
    unit: list[float] = (vector / np.linalg.norm(vector)).tolist()
    return unit
