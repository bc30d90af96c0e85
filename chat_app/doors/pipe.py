"""`lorechat mcp`: the tools over standard input and output, for an assistant on the same machine."""

from __future__ import annotations

import asyncio

from chat_app.doors.mcp_door import mcp_server
from chat_app.doors.opening import open_keeper
from chat_app.doors.turn_door import TurnDoor
from chat_app.service import ChatService
from chat_app.settings import ChatSettings


def serve_pipe(settings: ChatSettings) -> None:
    """Serve until standard input ends. Who may start programs here may read everything that lies here."""
    asyncio.run(_serve(settings))


async def _serve(settings: ChatSettings) -> None:
    service = ChatService.open(settings)
    await service.prepare_database()
    server = mcp_server(TurnDoor(service), open_keeper(service))
    try:
        await server.run_stdio_async()
    finally:
        await service.close()
