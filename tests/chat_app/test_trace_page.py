"""What stands behind a citation, as a page: complete, whatever a website wrote, and closed to all that it might do."""

from __future__ import annotations

import asyncio
import re
import shutil
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI

from chat_app.answer import Answer
from chat_app.gate import Gate
from chat_app.page_template import PageTemplates
from chat_app.rate_limit import RateLimit
from chat_app.service import ChatService
from chat_app.trace_page import add_trace_page
from chat_app.why_page import add_why_page
from data_contracts.chunk import CHUNKS
from data_contracts.identity import text_hash
from lake import Lake
from retrieval.embedder import Embedder
from tests.assets.conftest import HOST
from tests.chat_app.traced_bees import QUESTION, build_home, chat_settings, kept, trace_of

pytestmark = pytest.mark.slow

TURN = text_hash(QUESTION)[:16]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory, embedder: Embedder) -> Path:
    return build_home(tmp_path_factory.mktemp("bees"), embedder)


@pytest.fixture(scope="module")
def answer(home: Path, models: Path) -> Answer:
    """An answer that is kept in the lake."""
    return kept(QUESTION, chat_settings(home, models))


@pytest.fixture
def service(home: Path, models: Path) -> Iterator[ChatService]:
    opened = ChatService.open(chat_settings(home, models))
    yield opened
    opened.turns.close()


@pytest.fixture
async def client(service: ChatService) -> AsyncIterator[httpx.AsyncClient]:
    app = FastAPI()
    app.add_middleware(Gate, origins=frozenset())
    pages = PageTemplates()
    add_trace_page(app, service, pages)
    add_why_page(app, service, pages)
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://chat.test") as client:
        yield client


async def test_a_page_shows_the_passage_and_the_whole_chain(client: httpx.AsyncClient, answer: Answer) -> None:
    number = next(one.number for one in answer.citations if one.passage.url == f"{HOST}/swarm.html")
    got = await client.get(trace_of(answer, number))
    assert got.status_code == 200
    marked = re.search(r"<mark>(.*?)</mark>", got.text, re.DOTALL)
    assert marked is not None
    assert "A colony swarms in late spring" in marked[1]
    assert got.text.count(">OK<") == 5
    assert ">BROKEN<" not in got.text
    for said in ("Every link from this passage", "crawl-1", "all-MiniLM-L6-v2", f"{HOST}/swarm.html", "sha256"):
        assert said in got.text
    assert 'href="https://dagster.test/assets/vector_index?partition=example"' in got.text


async def test_a_page_may_do_nothing_but_show_itself(client: httpx.AsyncClient, answer: Answer) -> None:
    got = await client.get(trace_of(answer, 1))
    policy = got.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert "unsafe" not in policy
    assert got.headers["cache-control"] == "no-store"
    assert not re.search(r"<(script|img|link|iframe|object)\b", got.text)
    assert not re.search(r'(src|href)="(?!https?:|/)', got.text)
    assert (await client.get(trace_of(answer, 1), headers={"origin": "https://evil.test"})).status_code == 403


async def test_what_a_website_wrote_is_shown_and_never_obeyed(service: ChatService, client: httpx.AsyncClient) -> None:
    answer = kept("What did the beekeeper write on the wall? <script>alert(4)</script>", service.settings)
    number = next(one.number for one in answer.citations if one.passage.url == f"{HOST}/evil.html")
    for address in (trace_of(answer, number), f"/why?url={HOST}/evil.html&question=<script>alert(5)</script>wall"):
        got = await client.get(address)
        assert got.status_code == 200
        assert not re.search(r"<(script|img)\b", got.text)
        assert "49" not in re.sub(r"[0-9a-f]{12,}|\d[\d,.:-]*\d", "", got.text)  # {{ 7 * 7 }} is text, not a template
        assert "&lt;script&gt;alert(" in got.text
    assert "{{ 7 \\* 7 }}" in (await client.get(trace_of(answer, number))).text


@pytest.mark.parametrize(
    ("path", "status", "said"),
    [
        ("/trace/nothing/1", 404, "No answer with this id is kept"),
        (f"/trace/{TURN}/99", 404, "has no citation 99"),
        (f"/trace/{TURN[:-1]}/1", 404, "No answer with this id is kept"),  # the beginning of an id opens nothing
        ("/why?url=https://example.test/swram.html", 404, "https://example.test/swarm.html"),
        ("/why?url=https://example.test/gone.html", 200, "does not exist any more"),
        ("/why", 200, "fetched by the newest crawl"),
    ],
)
async def test_what_is_not_there_is_said(
    client: httpx.AsyncClient, answer: Answer, path: str, status: int, said: str
) -> None:
    got = await client.get(path)
    assert got.status_code == status
    assert said in got.text


async def test_a_page_of_an_answer_that_is_being_written_loads_itself_again(
    service: ChatService, client: httpx.AsyncClient, answer: Answer
) -> None:
    with service.turns._waiting.mutex:  # the log's thread cannot take the turn while this is held
        service.turns._turns_waiting.add("turn-2")
    got = await client.get("/trace/turn-2/1")
    assert '<meta http-equiv="refresh" content="2">' in got.text
    service.turns.turn(answer, turn_id="turn-2", thread_id="t", asked_at=datetime.now(UTC))
    for _ in range(100):
        got = await client.get("/trace/turn-2/1")
        if got.status_code != 202:
            break
        await asyncio.sleep(0.05)
    assert got.status_code == 200


async def test_an_erased_passage_leaves_its_quotation(
    service: ChatService, client: httpx.AsyncClient, answer: Answer, tmp_path: Path
) -> None:
    shutil.copytree(service.lake.url, tmp_path / "lake")
    service.lake = Lake(str(tmp_path / "lake"))
    service.lake.erase(CHUNKS, service.lake.scan(CHUNKS).select("url").unique().collect(), source="example")
    got = await client.get(trace_of(answer, answer.citations[0].number))
    assert got.status_code == 200
    assert "The passage is not in the lake any more" in got.text
    assert "MISSING" in got.text
    assert "A colony swarms in late spring" in got.text


async def test_why_tells_the_same_as_the_command(client: httpx.AsyncClient) -> None:
    got = await client.get("/why", params={"url": "example.test/swarm.html", "question": QUESTION})
    assert "It answers: " in got.text
    assert "for the question its best passage is 1st of those that an answer may cite." in got.text
    assert "by meaning" in got.text


async def test_one_address_may_not_ask_without_end(service: ChatService, client: httpx.AsyncClient) -> None:
    service.limit = RateLimit(2)
    assert [(await client.get("/why")).status_code for _ in range(3)] == [200, 200, 429]
