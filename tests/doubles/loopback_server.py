"""An HTTP/1.1 server on loopback whose every byte a test decides: what doubles of model providers run on."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

_PATIENCE = 30.0


@dataclass(frozen=True, slots=True)
class Request:
    """One request; header names are in lower case."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.body)
        return found


class Reply:
    """What goes back. A body without a length is sent in chunks, each as one write."""

    def __init__(self, writer: asyncio.StreamWriter) -> None:
        self._writer = writer
        self.kept = True

    async def whole(self, status: int, body: bytes, headers: Mapping[str, str] | None = None) -> None:
        """Send a complete answer."""
        self._head(status, {"content-length": str(len(body)), **(headers or {})})
        self._writer.write(body)
        await self._writer.drain()

    async def json(self, status: int, body: object, headers: Mapping[str, str] | None = None) -> None:
        """Send a complete answer in JSON."""
        data = json.dumps(body).encode()
        await self.whole(status, data, {"content-type": "application/json", **(headers or {})})

    async def begin(self, headers: Mapping[str, str]) -> None:
        """Begin an answer of unknown length."""
        self._head(200, {"transfer-encoding": "chunked", **headers})
        await self._writer.drain()

    async def chunk(self, data: bytes) -> None:
        """Send a piece of it."""
        self._writer.write(b"%x\r\n%s\r\n" % (len(data), data))
        await self._writer.drain()

    async def end(self) -> None:
        """Say that it is complete."""
        self._writer.write(b"0\r\n\r\n")
        await self._writer.drain()

    def abort(self) -> None:
        """Break the connection off, as a crashed server does."""
        self.kept = False
        self._writer.transport.abort()

    def _head(self, status: int, headers: Mapping[str, str]) -> None:
        lines = [f"HTTP/1.1 {status} x", *(f"{name}: {value}" for name, value in headers.items()), "", ""]
        self._writer.write("\r\n".join(lines).encode())


class _Reader(asyncio.StreamReader):
    """Knows at once when the other side has gone, also while nobody reads."""

    def __init__(self) -> None:
        super().__init__(limit=2**22)
        self.gone = asyncio.Event()

    def feed_eof(self) -> None:
        super().feed_eof()
        self.gone.set()

    def set_exception(self, exc: Exception) -> None:
        super().set_exception(exc)
        self.gone.set()


class LoopbackServer:
    """Serves any number of connections from one event loop in a thread of its own, until `close`. Subclasses answer.

    `connections` counts those that were opened, `disconnects` requests whose client went away before their answer was
    complete.
    """

    def __init__(self, port: int = 0) -> None:
        self.connections = 0
        self.disconnects = 0
        self.changed = threading.Condition()
        self._loop = asyncio.new_event_loop()
        self._tasks: set[asyncio.Task[None]] = set()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._server = asyncio.run_coroutine_threadsafe(self._listen(port), self._loop).result(_PATIENCE)
        self.port: int = self._server.sockets[0].getsockname()[1]
        self.origin = f"http://127.0.0.1:{self.port}"

    async def answer(self, request: Request, reply: Reply) -> None:
        """Answer one request."""
        raise NotImplementedError

    @property
    def open_connections(self) -> int:
        """How many clients are connected now."""
        return len(self._tasks)

    def wait_for_disconnects(self, count: int = 1) -> bool:
        """Wait until so many clients went away in the middle of an answer; False when they did not."""
        return self.wait_until(lambda: self.disconnects >= count)

    def wait_until(self, happened: Callable[[], bool]) -> bool:
        """Wait for something that is told through `changed`; False when it does not happen."""
        with self.changed:
            return self.changed.wait_for(happened, _PATIENCE)

    def serve(self) -> None:
        """Serve until the process is ended."""
        try:
            self._thread.join()
        except KeyboardInterrupt:
            self.close()

    def close(self) -> None:
        """End every connection and the thread."""
        if self._loop.is_closed():
            return
        asyncio.run_coroutine_threadsafe(self._shut(), self._loop).result(_PATIENCE)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _listen(self, port: int) -> asyncio.Server:
        def protocol() -> asyncio.StreamReaderProtocol:
            return asyncio.StreamReaderProtocol(_Reader(), self._connected)

        return await self._loop.create_server(protocol, "127.0.0.1", port, backlog=1024)

    async def _shut(self) -> None:
        self._server.close()
        await asyncio.sleep(0)  # who has just connected begins
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await asyncio.sleep(0)  # their connections close

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        assert isinstance(reader, _Reader)
        self._tasks.add(task)
        self.connections += 1
        try:
            while (request := await _request(reader)) is not None:
                reply = Reply(writer)
                if not await self._answered(request, reply, reader) or not reply.kept:
                    break
        except (ConnectionError, asyncio.IncompleteReadError):
            pass  # the client has gone: a test's own doing
        except asyncio.CancelledError:
            pass  # the server closes; the stream protocol reports a cancelled callback as an error
        finally:
            writer.transport.abort()
            with self.changed:
                self._tasks.discard(task)
                self.changed.notify_all()

    async def _answered(self, request: Request, reply: Reply, reader: _Reader) -> bool:
        """Answer, unless the client goes away first."""
        answering = asyncio.ensure_future(self.answer(request, reply))
        going = asyncio.ensure_future(reader.gone.wait())
        try:
            await asyncio.wait((answering, going), return_when=asyncio.FIRST_COMPLETED)
            whole = answering.done() and answering.exception() is None
        finally:
            answering.cancel()
            going.cancel()
            await asyncio.gather(answering, going, return_exceptions=True)
        if not whole and reply.kept:
            with self.changed:
                self.disconnects += 1
                self.changed.notify_all()
        return whole


async def _request(reader: asyncio.StreamReader) -> Request | None:
    """Read one request; None when the client has no more."""
    try:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    except asyncio.IncompleteReadError:
        return None
    method, path, _ = head[0].split(" ", 2)
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:] if line)}
    body = await reader.readexactly(int(headers.get("content-length", 0)))
    return Request(method, path, headers, body)
