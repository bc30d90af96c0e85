"""Upstash's own client with patience: the SDK repeats lost connections only, and tells no status."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
from upstash_vector import AsyncIndex

from retrieval.error import StoreUnreachable, Throttled

_CONNECT_SECONDS = 5.0
_READ_SECONDS = 30.0
_FIRST_PAUSE = 0.1
_LONGEST_PAUSE = 10.0


class PatientIndex(AsyncIndex):
    """An index whose requests are repeated after 429, 5xx and lost connections, with growing random pauses or the one
    that the server names (Retry-After), for `patience` seconds at most. Belongs to one event loop.

    Errors: Throttled when the rate is what fails, StoreUnreachable for everything else.
    """

    def __init__(self, url: str, token: str, *, patience: float) -> None:
        token = token.strip()
        if not url.startswith(("https://", "http://")) or not token.isascii() or not token.isprintable():
            raise StoreUnreachable(
                "UPSTASH_VECTOR_REST_URL must be an https:// address and UPSTASH_VECTOR_REST_TOKEN one line of text, "
                "as the index's page in Upstash's console shows them."
            )
        super().__init__(url.strip().rstrip("/"), token, retries=0, allow_telemetry=False)
        self._client = httpx.AsyncClient(timeout=httpx.Timeout(_READ_SECONDS, connect=_CONNECT_SECONDS))
        self._patience = patience

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    @asynccontextmanager
    async def hurried(self, seconds: float) -> AsyncIterator[None]:
        """Give up after so many seconds, whatever the requests inside are doing."""
        try:
            async with asyncio.timeout(seconds):
                yield
        except TimeoutError as error:
            raise StoreUnreachable(
                f"Upstash Vector did not answer within {seconds:g} seconds. Ask again; if it stays, look at "
                "https://status.upstash.com and at UPSTASH_VECTOR_REST_URL."
            ) from error

    async def _execute_request_async(self, payload: Any = "", path: str = "") -> Any:
        """Send one request until it is answered; the SDK's operations all end here."""
        loop = asyncio.get_running_loop()
        deadline, pause = loop.time() + self._patience, _FIRST_PAUSE
        while True:
            failure, wait = await self._tried(payload, path)
            if not isinstance(failure, Exception):
                return failure["result"]
            delay = random.uniform(pause / 2, pause) if wait is None else wait  # noqa: S311 - no secret
            if loop.time() + delay > deadline:
                raise failure
            await asyncio.sleep(delay)
            pause = min(2 * pause, _LONGEST_PAUSE)

    async def _tried(self, payload: Any, path: str) -> tuple[dict[str, Any] | Exception, float | None]:
        """Send a request once: its answer; or an error that may pass, with the seconds to wait when they are named.
        Raises what stays."""
        try:
            answer = await self._client.post(f"{self._url}{path}", headers=self._headers, json=payload)
        except httpx.TransportError as error:
            return _unreachable(f"the connection failed ({type(error).__name__})"), None
        if answer.status_code == 429:
            return _throttled(answer), _named_pause(answer)
        if answer.status_code >= 500:
            return _unreachable(f"it answered {answer.status_code}"), _named_pause(answer)
        return self._read(answer), None

    @staticmethod
    def _read(answer: httpx.Response) -> dict[str, Any]:
        if answer.status_code in (401, 403):
            raise StoreUnreachable(
                f"Upstash Vector refuses the token ({answer.status_code}). Check UPSTASH_VECTOR_REST_TOKEN: writing "
                "needs the index's token, the read-only one is enough for the chat."
            )
        try:
            body = answer.json()
        except ValueError as error:
            raise _unreachable(f"it answered {answer.status_code} without JSON; is the address right?") from error
        if not isinstance(body, dict) or "result" not in body:
            said = str(body.get("error", ""))[:300] if isinstance(body, dict) else ""
            raise StoreUnreachable(
                f"Upstash Vector refuses a request ({answer.status_code}): {said}. The index must be a hybrid one with "
                "cosine similarity, the embedding model's dimension, and no embedding model of its own."
            )
        return body


def _named_pause(answer: httpx.Response) -> float | None:
    try:
        return max(0.0, float(answer.headers["retry-after"]))
    except (KeyError, ValueError):  # none, or a date
        return None


def _throttled(answer: httpx.Response) -> Throttled:
    return Throttled(
        "Upstash Vector limits how often it may be asked (429), and went on doing so. Wait, lower "
        "LORECHAT_UPSTASH_PARALLEL, or choose a larger plan.",
        _named_pause(answer),
    )


def _unreachable(reason: str) -> StoreUnreachable:
    return StoreUnreachable(
        f"Upstash Vector cannot be used: {reason}. Check UPSTASH_VECTOR_REST_URL and https://status.upstash.com, then "
        "run it again: what was written is kept."
    )
