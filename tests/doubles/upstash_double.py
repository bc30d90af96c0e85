"""A double of Upstash Vector over real HTTP: a hybrid index with namespaces, filters, limits, lag and bad days.

    python tests/doubles/upstash_double.py --port 9001 --dimension 384

serves until it is stopped; as a class it serves a test.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

if __package__ in (None, ""):  # run as a program; an installed package of the same name would be found otherwise
    _tests = ModuleType("tests")
    _tests.__path__ = [str(Path(__file__).resolve().parents[1])]
    sys.modules["tests"] = _tests

from tests.doubles.loopback_server import LoopbackServer, Reply, Request
from tests.doubles.upstash_index import BadRequest, Index, Namespace

TOKEN = "upstash-test-token"

Trouble = tuple[int, Mapping[str, str]] | str | None
"""A status with headers that is answered instead; "break" ends the connection, "lost" does it after the work was
done, "stall" never answers, "hold" waits for `release`; None: all is well."""


class Call(NamedTuple):
    """A request, and how many rows, questions or ids it carried."""

    operation: str
    namespace: str
    rows: int


class UpstashDouble(LoopbackServer):
    """`url` and `token` are what a client needs. `trouble` is asked at every request (number from 0, path); `calls`
    holds them in the order of their arrival. Upserts of several rows wait until `together` requests were there at one
    time."""

    def __init__(self, port: int = 0, *, dimension: int = 64, lag: int = 0, batch: int = 1000) -> None:
        self.index = Index(dimension, lag=lag)
        self.token = TOKEN
        self.batch = batch
        self.trouble: Callable[[int, str], Trouble] = lambda number, path: None
        self.calls: list[Call] = []
        self.running = 0
        self.most_running = 0
        self.together = 0
        self._met = asyncio.Event()
        self._released = asyncio.Event()
        super().__init__(port)
        self.url = self.origin

    def wait_for_calls(self, count: int) -> bool:
        """Wait until there were so many calls; False when they did not come."""
        return self.wait_until(lambda: len(self.calls) >= count)

    def release(self) -> None:
        """Answer what is held, and hold nothing any more."""
        self._loop.call_soon_threadsafe(self._released.set)

    async def answer(self, request: Request, reply: Reply) -> None:
        self.running += 1
        self.most_running = max(self.running, self.most_running)
        try:
            await self._answer(request, reply)
        finally:
            self.running -= 1

    async def _answer(self, request: Request, reply: Reply) -> None:
        operation, _, namespace = request.path.strip("/").partition("/")
        payload = request.json() if request.body and request.body != b'""' else None
        trouble = self.trouble(len(self.calls), request.path)
        rows = len(payload) if isinstance(payload, list) else 1
        if self.most_running >= self.together:
            self._met.set()
        if operation == "upsert" and rows > 1:
            await self._met.wait()
        with self.changed:
            self.calls.append(Call(operation, namespace, rows))
            self.changed.notify_all()
        if request.headers.get("authorization") != f"Bearer {self.token}":
            await self._say(reply, 401, error="Unauthorized: invalid token")
        elif trouble == "break":
            reply.abort()
        elif trouble == "stall":
            await asyncio.Event().wait()
        elif trouble == "hold":
            await self._released.wait()
            await self._do(operation, namespace, payload, reply, is_lost=False)
        elif isinstance(trouble, tuple):
            await self._say(reply, trouble[0], error="not now", headers=trouble[1])
        else:
            await self._do(operation, namespace, payload, reply, is_lost=trouble == "lost")

    async def _do(self, operation: str, namespace: str, payload: Any, reply: Reply, *, is_lost: bool) -> None:
        self.index.settle()
        try:
            result = self._result(operation, namespace, payload)
        except (BadRequest, KeyError, TypeError) as error:
            await self._say(reply, 422, error=f"Invalid request: {error}")
            return
        if is_lost:
            reply.abort()
        else:
            await reply.json(200, {"result": result})

    def _result(self, operation: str, namespace: str, payload: Any) -> Any:
        index = self.index
        if operation == "upsert":
            rows = payload if isinstance(payload, list) else [payload]
            if len(rows) > self.batch:
                raise BadRequest(f"{len(rows)} rows in a batch, the plan allows {self.batch}")
            index.upsert(namespace, rows)
            return "Success"
        if operation == "query":
            if isinstance(payload, list):
                return [index.query(namespace, one) for one in payload]
            return index.query(namespace, payload)
        if operation == "delete":
            return {"deleted": index.delete(namespace, payload)}
        if operation == "update":
            return {"updated": index.update(namespace, payload)}
        if operation == "fetch":
            return index.fetch(namespace, payload)
        if operation == "range":
            return index.range(namespace, payload)
        if operation == "info":
            return index.info()
        return self._of_namespaces(operation, namespace)

    def _of_namespaces(self, operation: str, namespace: str) -> Any:
        spaces = self.index.namespaces
        if operation == "list-namespaces":
            return sorted(spaces)
        if operation == "delete-namespace":
            if namespace not in spaces or not namespace:
                raise BadRequest(f"Namespace {namespace} does not exist")
            del spaces[namespace]
            return "Success"
        if operation == "reset":
            spaces[namespace] = Namespace()
            return "Success"
        raise BadRequest(f"no operation {operation}")

    async def _say(self, reply: Reply, status: int, *, error: str, headers: Mapping[str, str] | None = None) -> None:
        await reply.json(status, {"error": error, "status": status}, headers)


if __name__ == "__main__":
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--port", type=int, default=9001)
    options.add_argument("--dimension", type=int, default=384)
    options.add_argument("--lag", type=int, default=0)
    chosen = options.parse_args()
    double = UpstashDouble(chosen.port, dimension=chosen.dimension, lag=chosen.lag)
    print(f"UPSTASH_VECTOR_REST_URL={double.url} UPSTASH_VECTOR_REST_TOKEN={double.token}", flush=True)
    double.serve()
