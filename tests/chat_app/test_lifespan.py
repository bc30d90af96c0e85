"""A server whose doors do not open: nothing of it goes on."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest
from fastapi import FastAPI

from chat_app.server import _lifespan
from chat_app.service import ChatService
from chat_app.settings import ChatSettings


async def test_where_a_door_cannot_be_opened_the_work_behind_it_ends(
    make_settings: Callable[..., ChatSettings],
) -> None:
    service = ChatService.open(make_settings())

    @asynccontextmanager
    async def door() -> AsyncIterator[None]:
        await asyncio.sleep(0)  # the work behind has begun
        raise OSError("the port is taken")
        yield

    before = asyncio.all_tasks()
    with pytest.raises(OSError, match="the port is taken"):
        async with _lifespan(service, [door])(FastAPI()):
            pass
    assert asyncio.all_tasks() == before
