"""The chat's web server: the doors for programs, the handbook, what explains answers, the conversation at the root."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from pathlib import Path

from fastapi import FastAPI, Request, Response
from fastapi.staticfiles import StaticFiles

from chat_app.citation_route import add_citation_route
from chat_app.content_policy import ContentPolicy
from chat_app.curate_page import add_curate_page
from chat_app.doors.opening import Lifespan, add_doors
from chat_app.gate import Gate
from chat_app.interface import prepare_interface, toolkit_page
from chat_app.keep_going import keep_going
from chat_app.page_template import PageTemplates
from chat_app.people.opening import add_people
from chat_app.service import ChatService, install
from chat_app.settings import ChatSettings
from chat_app.store.error import DatabaseError
from chat_app.trace_page import add_trace_page
from chat_app.why_page import add_why_page

_LOG = logging.getLogger(__name__)


def create_app(settings: ChatSettings) -> FastAPI:
    """Return the application. At most one per process: the chat toolkit keeps its state in modules."""
    service = ChatService.open(settings)
    lifespans: list[Lifespan] = []
    app = FastAPI(
        title="LoreChat", lifespan=_lifespan(service, lifespans), docs_url=None, redoc_url=None, openapi_url=None
    )
    pages = PageTemplates()
    add_people(app, service, pages)
    policy = ContentPolicy(toolkit_page, settings.handbook_folder)
    app.add_middleware(Gate, origins=settings.origins, is_local=settings.is_local, policy=policy)
    lifespans.append(add_doors(app, service, pages))
    app.add_exception_handler(DatabaseError, _database_is_away(pages))
    add_citation_route(app, service)
    add_trace_page(app, service, pages)
    add_why_page(app, service, pages)
    add_curate_page(app, service, pages)
    if settings.handbook_folder.is_dir():
        app.mount("/handbook", StaticFiles(directory=settings.handbook_folder, html=True), name="handbook")
    _mount_conversation(app, service)
    return app


def _database_is_away(pages: PageTemplates) -> Callable[[Request, Exception], Response]:
    def told(_request: Request, error: Exception) -> Response:
        _LOG.error("a page cannot be shown: %s", error)
        text = "What the chat keeps cannot be read or written at the moment. Try again in a minute."
        return pages.note("Try again in a minute", text, status=503)

    return told


def _lifespan(
    service: ChatService, lifespans: Sequence[Lifespan]
) -> Callable[[FastAPI], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        background = [asyncio.create_task(keep_going(work)) for work in (service.keep_up, service.warm)]
        async with AsyncExitStack() as entered:  # also where a door cannot be opened, nothing goes on behind it
            entered.push_async_callback(service.close)
            entered.push_async_callback(_end, background)
            for part in lifespans:
                await entered.enter_async_context(part())
            yield

    return lifespan


async def _end(tasks: Sequence[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)


def _mount_conversation(app: FastAPI, service: ChatService) -> None:
    """Mount the chat toolkit last: it answers every path that nothing else does."""
    settings = service.settings
    prepare_interface(settings.interface_folder, origins=settings.origins, secret=settings.session_secret())
    install(service)
    from chainlit.session import ws_sessions_id
    from chainlit.utils import mount_chainlit

    service.telemetry.metrics.gauge(
        "lorechat_open_pages", "Browser pages that are connected", lambda: len(ws_sessions_id)
    )
    mount_chainlit(app=app, target=str(Path(__file__).with_name("app.py")), path="/")
