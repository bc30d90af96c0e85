"""What stands behind a citation, as a page: complete, whatever a website wrote, and closed to all that it might do."""

from __future__ import annotations

import asyncio
import re
import shutil
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI
from playwright.sync_api import expect

from chat_app.answer import Answer
from chat_app.gate import Gate
from chat_app.page_template import PageTemplates
from chat_app.pipeline import answer_once
from chat_app.rate_limit import RateLimit
from chat_app.service import ChatService
from chat_app.settings import ChatSettings
from chat_app.trace_page import add_trace_page, trace_path
from chat_app.turn_log import keep_turn
from chat_app.why_page import add_why_page
from data_contracts.chunk import CHUNKS
from data_contracts.identity import text_hash
from lake import Lake
from retrieval.embedder import Embedder
from retrieval.local_store import LocalStore
from tests.assets.conftest import HOST, CrawledSource
from tests.chat_app.browser import WAIT, OpenChat
from tests.chat_app.running_chat import RunningChat, start_chat
from tests.conftest import page

pytestmark = pytest.mark.slow

QUESTION = "When does a colony swarm?"
TURN = text_hash(QUESTION)[:16]
SWARM = "A colony swarms in late spring when the hive is too crowded for its queen. "
EVIL = (
    "The beekeeper wrote &lt;script&gt;document.title='taken'&lt;/script&gt; on the wall, "
    "&lt;/pre&gt;&lt;img src=x onerror=alert(1)&gt; below it, and {{ 7 * 7 }} on the hive where the colony swarms. "
)
TITLE = "Bees &lt;img src=x onerror=alert(2)&gt; and &lt;/title&gt;&lt;script&gt;alert(3)&lt;/script&gt;"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory, embedder: Embedder) -> Path:
    """A home with a published source in it."""
    home = tmp_path_factory.mktemp("bees") / "home"
    source = CrawledSource(Lake(str(home / "lake")), LocalStore(home / "index"), embedder)
    source.crawl(
        {
            "/": page("Bees", ("Welcome", "A site about bees and what they do all year. " * 5)),
            "/swarm.html": page("Swarming", ("Swarms", SWARM * 4), ("Honey", "Honey is made of nectar. " * 8)),
            "/evil.html": page(TITLE, ("Walls", EVIL * 3)),
            "/gone.html": None,
        }
    )
    source.build()
    return home


def _settings(home: Path, models: Path) -> ChatSettings:
    return ChatSettings(
        _env_file=None,  # type: ignore[call-arg]  # pydantic-settings' own argument
        home=home,
        models=models,
        openai_api_key="",  # type: ignore[arg-type]  # made secret by its type
        openai_base_url="",
        dagster_url="https://dagster.test/",
        questions_per_minute=1_000,
    )


@pytest.fixture
def service(home: Path, models: Path) -> Iterator[ChatService]:
    opened = ChatService.open(_settings(home, models))
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


@pytest.fixture(scope="module")
def answer(home: Path, models: Path) -> Answer:
    """An answer that is kept in the lake."""
    return _kept(QUESTION, _settings(home, models))


def _kept(question: str, settings: ChatSettings) -> Answer:
    """Ask and keep; in a thread of its own, since a browser's loop may run in this one."""
    with ThreadPoolExecutor() as other:
        answer = other.submit(answer_once, question, settings=settings).result()
    keep_turn(settings.lake(), answer, turn_id=text_hash(question)[:16], thread_id="t", asked_at=datetime.now(UTC))
    return answer


def _trace(answer: Answer, number: int) -> str:
    return trace_path(text_hash(answer.question)[:16], number)


async def test_a_page_shows_the_passage_and_the_whole_chain(client: httpx.AsyncClient, answer: Answer) -> None:
    number = next(one.number for one in answer.citations if one.passage.url == f"{HOST}/swarm.html")
    got = await client.get(_trace(answer, number))
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
    got = await client.get(_trace(answer, 1))
    policy = got.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert "unsafe" not in policy
    assert got.headers["cache-control"] == "no-store"
    assert not re.search(r"<(script|img|link|iframe|object)\b", got.text)
    assert not re.search(r'(src|href)="(?!https?:|/)', got.text)
    assert (await client.get(_trace(answer, 1), headers={"origin": "https://evil.test"})).status_code == 403


async def test_what_a_website_wrote_is_shown_and_never_obeyed(service: ChatService, client: httpx.AsyncClient) -> None:
    answer = _kept("What did the beekeeper write on the wall? <script>alert(4)</script>", service.settings)
    number = next(one.number for one in answer.citations if one.passage.url == f"{HOST}/evil.html")
    for address in (_trace(answer, number), f"/why?url={HOST}/evil.html&question=<script>alert(5)</script>wall"):
        got = await client.get(address)
        assert got.status_code == 200
        assert not re.search(r"<(script|img)\b", got.text)
        assert "49" not in re.sub(r"[0-9a-f]{12,}|\d[\d,.:-]*\d", "", got.text)  # {{ 7 * 7 }} is text, not a template
        assert "&lt;script&gt;alert(" in got.text
    assert "{{ 7 \\* 7 }}" in (await client.get(_trace(answer, number))).text


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
    got = await client.get(_trace(answer, answer.citations[0].number))
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


@pytest.fixture(scope="module")
def running(home: Path, models: Path, answer: Answer) -> Iterator[RunningChat]:
    """A chat on the home, after the answer was kept there."""
    chat = start_chat(home, models)
    yield chat
    chat.stop()


def test_a_reader_gets_from_a_marker_to_the_bytes(running: RunningChat, open_chat: OpenChat) -> None:
    chat = open_chat(running.address)
    chat.ask(QUESTION)
    link = chat.open_citation(1).get_by_text("Trace: from this passage")
    with chat.page.context.expect_page() as popped:
        link.click()
    trace = popped.value
    expect(trace.locator("mark")).to_contain_text("A colony swarms in late spring", timeout=WAIT)
    expect(trace.locator(".outcome").first).to_have_text("OK")
    trace.set_viewport_size({"width": 390, "height": 800})
    assert trace.evaluate("document.documentElement.scrollWidth") <= 390
    trace.get_by_role("link", name="Why does this page answer?").last.click()
    expect(trace.locator(".verdict")).to_contain_text("It answers", timeout=WAIT)
    trace.get_by_label("Question (optional)").fill("What is honey made of?")
    trace.get_by_role("button", name="Look it up").click()
    expect(trace.locator(".verdict")).to_contain_text("for the question its best passage is", timeout=WAIT)


def test_hostile_text_stays_text_in_a_browser(
    running: RunningChat, open_chat: OpenChat, home: Path, models: Path
) -> None:
    question = "What did the beekeeper write on the wall?"
    answer = _kept(question, _settings(home, models))
    number = next(one.number for one in answer.citations if one.passage.url == f"{HOST}/evil.html")
    chat = open_chat(running.address, _trace(answer, number), ready=False)
    page, told = chat.page, []
    page.on("dialog", lambda dialog: (told.append(dialog.message), dialog.dismiss()))
    expect(page.locator("mark")).to_contain_text("<script>document.title='taken'", timeout=WAIT)
    assert "taken" not in page.title()
    page.goto(f"{running.address}/why?url={HOST}/evil.html&question={question}")
    expect(page.locator(".verdict")).to_contain_text("It answers", timeout=WAIT)
    assert told == []
    assert chat.complaints == []
