"""The entrance and the logins on a small application, with a database of each kind behind them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
from fastapi import FastAPI, Request

from chat_app.people.entrance import Entrance
from chat_app.people.login_route import add_login
from chat_app.people.people import People
from chat_app.people.visit import visit_of
from chat_app.settings import ChatSettings
from chat_app.store.database import Database, open_database
from tests.doubles.identity_double import IdentityDouble, KeyServerDouble

SECRET = "a secret of thirty-two bytes, or more"


@pytest.fixture
async def migrated(database_url: str) -> AsyncIterator[Database]:
    database = open_database(database_url)
    await database.migrate()
    yield database
    await database.close()


@pytest.fixture
def open_people(migrated: Database, make_settings: Callable[..., ChatSettings]) -> Callable[..., People]:
    """People with settings of one's own; `bees` and `internal` are live."""

    async def live() -> list[str]:
        return ["bees", "internal"]

    def opened(**changes: Any) -> People:
        return People(make_settings(**changes), migrated, secret=SECRET, live=live)

    return opened


def application(people: People) -> FastAPI:
    """An application that says who visits it."""
    app = FastAPI()
    add_login(app, people)

    @app.get("/who")
    async def who(request: Request) -> dict[str, Any]:
        visit = visit_of(request)
        asker = await people.asker(visit)
        return {
            "name": visit.session.name if visit.session else None,
            "person": visit.person.name if visit.person else None,
            "address": visit.address,
            "roles": sorted(asker.roles),
            "sources": None if asker.sources is None else sorted(asker.sources),
            "cookie": request.headers.get("cookie", ""),
            "authorization": request.headers.get("authorization", ""),
        }

    app.add_middleware(Entrance, people=people)
    return app


@asynccontextmanager
async def browsing(people: People, address: str = "203.0.113.9", url: str = "http://chat.test") -> AsyncIterator[Any]:
    """A browser without its page: it keeps cookies."""
    transport = httpx.ASGITransport(app=application(people), client=(address, 5000))
    async with httpx.AsyncClient(transport=transport, base_url=url) as client:
        yield client


@pytest.fixture
def identity() -> Iterator[IdentityDouble]:
    double = IdentityDouble()
    yield double
    double.close()


@pytest.fixture
def keys() -> Iterator[KeyServerDouble]:
    double = KeyServerDouble()
    yield double
    double.close()
