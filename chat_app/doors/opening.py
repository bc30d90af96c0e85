"""Opens the doors for programs on an application."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from fastapi import FastAPI
from mcp.server.fastmcp.server import StreamableHTTPASGIApp
from starlette.routing import Route

from chat_app.doors.document import document_router
from chat_app.doors.doorkeeper import Doorkeeper
from chat_app.doors.health import health_router
from chat_app.doors.key_ring import KeyRing
from chat_app.doors.mcp_door import GuardedApp, mcp_server
from chat_app.doors.measured import measure
from chat_app.doors.openai_door import openai_router
from chat_app.doors.rest_door import rest_router
from chat_app.doors.turn_door import TurnDoor
from chat_app.models.profile import plans
from chat_app.page_template import PageTemplates
from chat_app.service import ChatService

Lifespan = Callable[[], AbstractAsyncContextManager[None]]


def open_keeper(service: ChatService) -> Doorkeeper:
    """Return who decides at the doors of a service."""
    settings = service.settings
    return Doorkeeper(
        service.pipeline.library,
        KeyRing(service.database),
        openness=settings.doors,
        keyless_per_minute=settings.questions_per_minute,
        profiles=tuple(plans(settings).models),
    )


def add_doors(app: FastAPI, service: ChatService, pages: PageTemplates) -> Lifespan:
    """Add the doors; what is returned must be entered while the application runs."""
    door, keeper = TurnDoor(service), open_keeper(service)
    app.state.metrics = service.telemetry.metrics
    measure(service)
    routers = [openai_router(door, keeper), rest_router(door, keeper)]
    for router in routers:
        app.include_router(router)
    app.include_router(document_router([route for router in routers for route in router.routes], pages))
    app.include_router(health_router(service))
    mcp = mcp_server(door, keeper)
    mcp.streamable_http_app()  # makes the session manager
    app.router.routes.append(
        Route("/mcp", GuardedApp(StreamableHTTPASGIApp(mcp.session_manager), keeper), include_in_schema=False)
    )

    @asynccontextmanager
    async def lifespan() -> AsyncIterator[None]:
        async with mcp.session_manager.run():
            yield

    return lifespan
