"""The page where curators decide about questions of people."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import httpx
import polars as pl
import pytest
from fastapi import FastAPI

from chat_app.curate_page import add_curate_page
from chat_app.page_template import PageTemplates
from chat_app.people.entrance import Entrance
from chat_app.people.login_route import add_login
from chat_app.people.password import hash_password
from chat_app.service import ChatService
from chat_app.settings import ChatSettings
from data_contracts.golden_candidate import GOLDEN_CANDIDATES, GOLDEN_DECISIONS
from data_contracts.identity import content_id
from lake.golden import accepted_questions, open_candidates
from retrieval.vector_store import ReleaseManifest
from tests.chat_app.conftest import SITE

pytestmark = pytest.mark.slow

PASSWORD = "correct horse battery"
QUESTION = "When does a colony swarm?"
ID = content_id("bees", QUESTION)
FORM = {"decision": "accept", "question": QUESTION, "url": SITE, "quote": "swarms in late  spring"}


@pytest.fixture
async def service(
    make_settings: Callable[..., ChatSettings], publish: Callable[..., ReleaseManifest]
) -> AsyncIterator[ChatService]:
    publish()
    publish(source="secret", title="For few")
    opened = ChatService.open(make_settings(login="password", source_readers="secret=few"))
    await opened.prepare_database()
    for name in ("reader", "curator"):
        await opened.people.directory.add(name, password_hash=hash_password(PASSWORD), roles=[name])
    propose(opened, "bees", ID)
    propose(opened, "secret", content_id("secret", QUESTION))
    yield opened
    await opened.close()


def propose(service: ChatService, source: str, candidate_id: str) -> None:
    row: dict[str, Any] = {
        "candidate_id": candidate_id,
        "question": QUESTION,
        "url": SITE,
        "quote": "",
        "reason": "unanswered",
        "asked": 3,
        "proposed_at": datetime.now(UTC),
    }
    schema = GOLDEN_CANDIDATES.schema.create_empty().drop("source").schema
    service.lake.append(GOLDEN_CANDIDATES, pl.DataFrame([row], schema=schema), source=source)


@asynccontextmanager
async def browsing(
    service: ChatService, name: str = "", address: str = "127.0.0.1", url: str = "http://127.0.0.1:8000"
) -> AsyncIterator[httpx.AsyncClient]:
    app = FastAPI()
    add_login(app, service.people)
    add_curate_page(app, service, PageTemplates())
    app.add_middleware(Entrance, people=service.people)
    transport = httpx.ASGITransport(app=app, client=(address, 5000))
    async with httpx.AsyncClient(transport=transport, base_url=url) as client:
        if name:
            entered = await client.post("/login", data={"username": name, "password": PASSWORD})
            assert entered.status_code == 200
        yield client


async def test_a_curator_accepts_a_question_with_words_of_its_page(service: ChatService) -> None:
    async with browsing(service, "curator") as browser:
        page = (await browser.get("/curate")).text
        assert QUESTION in page
        assert "asked 3 times" in page
        assert "secret" not in page, "a curator sees the sources that they may read"
        wrong = await browser.post(f"/curate/bees/{ID}", data=FORM | {"quote": "not there"})
        assert wrong.status_code == 422
        assert "These words do not stand on that page" in wrong.text
        assert 'value="not there"' in wrong.text
        elsewhere = await browser.post(f"/curate/bees/{ID}", data=FORM | {"url": "https://bees.example/none"})
        assert "no such page" in elsewhere.text
        assert (await browser.post(f"/curate/bees/{ID}", data=FORM)).status_code == 303
        assert (await browser.post(f"/curate/bees/{ID}", data=FORM)).status_code == 404
        assert "Nothing waits." in (await browser.get("/curate")).text
    [golden] = accepted_questions(service.lake, "bees")
    assert (golden.question, golden.url, golden.quote) == (QUESTION, SITE, "swarms in late spring")


async def test_what_is_declined_is_gone_and_no_golden_question(service: ChatService) -> None:
    async with browsing(service, "curator") as browser:
        assert (await browser.post(f"/curate/bees/{ID}", data={"decision": "decline"})).status_code == 303
    assert open_candidates(service.lake, "bees").is_empty()
    assert accepted_questions(service.lake, "bees") == ()


@pytest.mark.parametrize("name", ["", "reader"])
async def test_nobody_else_sees_or_decides(service: ChatService, name: str) -> None:
    async with browsing(service, name) as browser:
        assert (await browser.get("/curate")).status_code == 403
        assert (await browser.post(f"/curate/bees/{ID}", data=FORM)).status_code == 403
    assert service.lake.scan(GOLDEN_DECISIONS).collect().is_empty()


async def test_a_curator_cannot_decide_about_a_source_that_they_may_not_read(service: ChatService) -> None:
    async with browsing(service, "curator") as browser:
        hidden = content_id("secret", QUESTION)
        assert (await browser.post(f"/curate/secret/{hidden}", data=FORM)).status_code == 404
    assert service.lake.scan(GOLDEN_DECISIONS).collect().is_empty()


@pytest.mark.parametrize(
    ("address", "url", "headers", "changes", "status"),
    [
        ("127.0.0.1", "http://localhost:8000", {}, {}, 200),
        ("203.0.113.9", "http://localhost:8000", {}, {}, 403),
        ("127.0.0.1", "http://localhost:8000", {"x-forwarded-for": "203.0.113.9"}, {}, 403),
        ("127.0.0.1", "http://localhost:8000", {"forwarded": "for=203.0.113.9"}, {}, 403),
        ("127.0.0.1", "http://localhost:8000", {"via": "1.1 proxy"}, {}, 403),
        ("127.0.0.1", "http://chat.example:8000", {}, {}, 403),
        ("127.0.0.1", "http://localhost:8000", {}, {"chat_url": "https://chat.example"}, 403),
        ("127.0.0.1", "http://localhost:8000", {}, {"trusted_proxies": "127.0.0.1"}, 403),
    ],
)
async def test_where_nobody_logs_in_only_whoever_sits_at_the_machine_curates(
    make_settings: Callable[..., ChatSettings],
    publish: Callable[..., ReleaseManifest],
    address: str,
    url: str,
    headers: dict[str, str],
    changes: dict[str, str],
    status: int,
) -> None:
    publish()
    service = ChatService.open(make_settings(**changes))
    await service.prepare_database()
    propose(service, "bees", ID)
    async with browsing(service, address=address, url=url) as browser:
        assert (await browser.get("/curate", headers=headers)).status_code == status
        decided = await browser.post(f"/curate/bees/{ID}", data={"decision": "decline"}, headers=headers)
        assert decided.status_code == (303 if status == 200 else 403)
    await service.close()
