"""The chat's web server: the doors for programs, the handbook, what explains answers, the conversation at the root."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from pathlib import Path

from fastapi import FastAPI
from fastapi.staticfiles import StaticFiles

from chat_app.citation_route import add_citation_route
from chat_app.content_policy import ContentPolicy
from chat_app.curate_page import add_curate_page
from chat_app.doors.opening import Lifespan, add_doors
from chat_app.gate import Gate
from chat_app.interface import prepare_interface, toolkit_page
from chat_app.page_template import PageTemplates
from chat_app.people.opening import add_people
from chat_app.service import ChatService, install
from chat_app.settings import ChatSettings
from chat_app.trace_page import add_trace_page
from chat_app.why_page import add_why_page


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
    add_citation_route(app, service)
    add_trace_page(app, service, pages)
    add_why_page(app, service, pages)
    add_curate_page(app, service, pages)
    if settings.handbook_folder.is_dir():
        app.mount("/handbook", StaticFiles(directory=settings.handbook_folder, html=True), name="handbook")
    _mount_conversation(app, service)
    return app


def _lifespan(
    service: ChatService, lifespans: Sequence[Lifespan]
) -> Callable[[FastAPI], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        background = [asyncio.create_task(work()) for work in (service.keep_up, service.warm)]
        async with AsyncExitStack() as entered:
            for part in lifespans:
                await entered.enter_async_context(part())
            yield
        for task in background:
            task.cancel()
        await asyncio.wait(background)
        await service.close()

    return lifespan


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
