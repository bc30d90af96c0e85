"""What stands around an answer: how often one may ask, how text is grouped, what is kept, who may talk to the chat."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from pathlib import Path

import httpx
import polars as pl
import pytest
from starlette.responses import PlainTextResponse

from chat_app.error import TooManyQuestions
from chat_app.gate import Gate
from chat_app.grouping import grouped
from chat_app.interface import prepare_interface
from chat_app.markdown_view import shown
from chat_app.pipeline import answer_once
from chat_app.rate_limit import RateLimit
from chat_app.settings import ChatSettings
from chat_app.turn_log import TurnLog
from data_contracts.chat_turn import CHAT_TURNS, FEEDBACK
from lake import Lake


def test_an_address_that_asks_too_often_waits() -> None:
    now = [0.0]
    limit = RateLimit(2, clock=lambda: now[0])
    limit.take("a")
    limit.take("a")
    limit.take("b")
    with pytest.raises(TooManyQuestions, match="30 seconds"):
        limit.take("a")
    now[0] = 31.0
    limit.take("a")


async def test_pieces_are_grouped_and_none_is_lost() -> None:
    async def pieces() -> AsyncIterator[str]:
        for number in range(50):
            yield f"{number} "
            await asyncio.sleep(0.002)

    groups = [group async for group in grouped(pieces(), seconds=0.03)]
    assert "".join(groups) == "".join(f"{number} " for number in range(50))
    assert len(groups) < 15


async def test_a_pause_holds_no_text_back() -> None:
    said = asyncio.Event()

    async def pieces() -> AsyncIterator[str]:
        yield "first "
        yield "second"
        await said.wait()
        yield " third"

    got = ""
    async for group in grouped(pieces(), seconds=0.01):
        got += group
        if "second" in got:
            said.set()
    assert got == "first second third"


async def test_a_failure_arrives_after_the_text_before_it() -> None:
    async def pieces() -> AsyncIterator[str]:
        yield "half"
        raise TooManyQuestions("then it broke")

    groups = grouped(pieces())
    assert await anext(groups) == "half"
    with pytest.raises(TooManyQuestions):
        await anext(groups)


def test_turns_and_judgements_are_kept(
    publish: Callable[..., object], make_settings: Callable[..., ChatSettings], tmp_path: Path
) -> None:
    publish()
    answer = answer_once("When does a colony swarm?", settings=make_settings())
    lake = Lake(str(tmp_path / "lake"))
    turns = TurnLog(lake)
    turns.turn(answer, turn_id="t1", thread_id="h1", asked_at=datetime.now(UTC))
    turns.judgement("t1", is_good=False, comment="too short")
    turns.close()
    (kept,) = lake.scan(CHAT_TURNS).collect().to_dicts()
    (judged,) = lake.scan(FEEDBACK).collect().to_dicts()
    assert (kept["question"], kept["source"], kept["model"]) == (answer.question, "bees", "quotes only")
    assert (judged["turn_id"], judged["source"], judged["judgement"]) == ("t1", "bees", "down")
    assert lake.scan(CHAT_TURNS).select(pl.col("citations").str.json_path_match("$[0].chunk_id")).collect().item()


def test_a_row_that_cannot_be_written_keeps_no_other_out(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    lake = Lake(str(tmp_path / "lake"))
    turns = TurnLog(lake)
    turns.judgement("t1", is_good=False, comment="half a character: \ud800")
    turns.judgement("t2", is_good=True, comment="fine")
    turns.close()
    assert lake.scan(FEEDBACK).collect()["turn_id"].to_list() == ["t2"]
    assert "a turn was not kept" in caplog.text


def test_a_broken_lake_breaks_no_answer(
    publish: Callable[..., object],
    make_settings: Callable[..., ChatSettings],
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    publish()
    (tmp_path / "lake").write_text("a file where a folder should be")
    turns = TurnLog(Lake(str(tmp_path / "lake")))
    answer = answer_once("When does a colony swarm?", settings=make_settings())
    turns.turn(answer, turn_id="t1", thread_id="h1", asked_at=datetime.now(UTC))
    turns.close()
    assert "a turn was not kept" in caplog.text


@pytest.mark.parametrize(
    ("origin", "status"),
    [
        (None, 200),
        ("http://chat.test", 200),
        ("https://intranet.test", 200),
        ("https://evil.test", 403),
        ("null", 403),
    ],
)
async def test_pages_of_unknown_origins_are_turned_away(origin: str | None, status: int) -> None:
    gate = Gate(PlainTextResponse("hello"), origins=frozenset({"https://intranet.test"}))
    transport = httpx.ASGITransport(app=gate)
    async with httpx.AsyncClient(transport=transport, base_url="http://chat.test") as client:
        answer = await client.get("/", headers={} if origin is None else {"origin": origin})
    assert answer.status_code == status
    assert status != 200 or "default-src 'self'" in answer.headers["content-security-policy"]


def test_colons_are_no_directives_but_code_stays() -> None:
    assert shown("see std::vector :note `a:b`\u200b") == "see std:\\:vector \\:note `a:b`"
    assert shown("```\nkey:value\n```") == "```\nkey:value\n```"


def test_the_interface_is_written_beside_the_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHAINLIT_APP_ROOT", "")
    monkeypatch.setenv("CHAINLIT_AUTH_SECRET", "")
    prepare_interface(tmp_path / "chat", origins=["https://intranet.test"], secret="s" * 32)
    prepare_interface(tmp_path / "chat", origins=["https://intranet.test"], secret="s" * 32)
    config = (tmp_path / "chat" / ".chainlit" / "config.toml").read_text()
    assert 'allow_origins = ["https://intranet.test"]' in config
    assert (tmp_path / "chat" / "public" / "logo_light.svg").is_file()
