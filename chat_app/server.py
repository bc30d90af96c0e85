"""The chat's web server: health, the handbook, what explains answers, and the conversation at the root."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

from fastapi import FastAPI
from fastapi.responses import JSONResponse
from fastapi.staticfiles import StaticFiles

from chat_app.gate import Gate
from chat_app.interface import prepare_interface
from chat_app.page_template import PageTemplates
from chat_app.service import ChatService, install
from chat_app.settings import ChatSettings
from chat_app.trace_page import add_trace_page
from chat_app.why_page import add_why_page


def create_app(settings: ChatSettings) -> FastAPI:
    """Return the application. At most one per process: the chat toolkit keeps its state in modules."""
    service = ChatService.open(settings)
    app = FastAPI(title="LoreChat", lifespan=_lifespan(service), docs_url=None, redoc_url=None, openapi_url=None)
    app.add_middleware(Gate, origins=settings.origins)
    _add_health(app, service)
    pages = PageTemplates()
    add_trace_page(app, service, pages)
    add_why_page(app, service, pages)
    if settings.handbook_folder.is_dir():
        app.mount("/handbook", StaticFiles(directory=settings.handbook_folder, html=True), name="handbook")
    _mount_conversation(app, service)
    return app


def _lifespan(service: ChatService) -> Callable[[FastAPI], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        warming = asyncio.create_task(service.warm())
        yield
        warming.cancel()
        await asyncio.to_thread(service.turns.close)

    return lifespan


def _add_health(app: FastAPI, service: ChatService) -> None:
    @app.get("/health/live")
    async def live() -> dict[str, str]:
        return {"status": "live"}

    @app.get("/health/ready")
    async def ready() -> JSONResponse:
        """200 when a question can be answered; else 503 with the reason."""
        problem, releases = await asyncio.to_thread(service.state)
        body = {
            "status": "ready" if problem is None else "not ready",
            "reason": problem,
            "answers": service.pipeline.answerer.model_name,
            "sources": {release.source: release.release_id for release in releases},
        }
        return JSONResponse(body, status_code=200 if problem is None else 503)


def _mount_conversation(app: FastAPI, service: ChatService) -> None:
    """Mount the chat toolkit last: it answers every path that nothing else does."""
    prepare_interface(service.settings.interface_folder, origins=service.settings.origins)
    install(service)
    from chainlit.utils import mount_chainlit

    mount_chainlit(app=app, target=str(Path(__file__).with_name("app.py")), path="/")
