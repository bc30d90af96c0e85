"""The doors on a real server: uvicorn in a thread of the test, on a free loopback port."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

import pytest
import uvicorn
from fastapi import FastAPI

from chat_app.doors.key_ring import KeyRing
from chat_app.doors.opening import add_doors
from chat_app.page_template import PageTemplates
from chat_app.service import ChatService
from chat_app.settings import ChatSettings

Result = TypeVar("Result")


@dataclass
class OpenDoors:
    """A running server. `call` runs a coroutine where the server runs."""

    address: str
    service: ChatService
    call: Callable[[Coroutine[Any, Any, Any]], Any]

    def key(self, name: str, **limits: Any) -> str:
        """Make a key and return its secret."""
        return str(self.call(KeyRing(self.service.database).add(name, **limits)))


def _application(settings: ChatSettings) -> tuple[FastAPI, ChatService, threading.Event]:
    service = ChatService.open(settings)
    entered: list[Any] = []
    ready = threading.Event()

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        await service.prepare_database()
        async with entered[0]():
            yield
        await service.close()

    app = FastAPI(lifespan=lifespan, openapi_url=None, docs_url=None, redoc_url=None)
    entered.append(add_doors(app, service, PageTemplates()))
    return app, service, ready


class _Server(uvicorn.Server):
    """Says when it listens, and keeps its loop."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.listening = threading.Event()
        self.loop: asyncio.AbstractEventLoop | None = None

    async def startup(self, sockets: Any = None) -> None:
        await super().startup(sockets)
        self.loop = asyncio.get_running_loop()
        self.listening.set()


@contextmanager
def serving(settings: ChatSettings) -> Iterator[OpenDoors]:
    """Serve the doors of these settings."""
    app, service, _ = _application(settings)
    server = _Server(uvicorn.Config(app, host="127.0.0.1", port=0, log_level="warning", timeout_graceful_shutdown=2))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    assert server.listening.wait(60), "the server did not start"
    loop = server.loop
    assert loop is not None
    try:
        port = server.servers[0].sockets[0].getsockname()[1]
        yield OpenDoors(
            f"http://127.0.0.1:{port}", service, lambda work: asyncio.run_coroutine_threadsafe(work, loop).result(60)
        )
    finally:
        server.should_exit = True
        thread.join(30)


@pytest.fixture
def open_doors(make_settings: Callable[..., ChatSettings]) -> Iterator[Callable[..., OpenDoors]]:
    """Open doors that close with the test: `open_doors(doors="keys")`."""
    with ExitStack() as running:
        yield lambda **changes: running.enter_context(serving(make_settings(**changes)))
