"""The tools, used by the protocol's own client."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from mcp import ClientSession, StdioServerParameters
from mcp.client.stdio import stdio_client
from mcp.client.streamable_http import streamable_http_client

from chat_app.settings import PROJECT
from retrieval.vector_store import ReleaseManifest

pytestmark = pytest.mark.slow

QUESTION = "When does a colony swarm?"
Publish = Callable[..., ReleaseManifest]


async def test_the_tools_search_and_answer_over_http(
    publish: Publish, open_doors: Callable[..., Any], provider: Any
) -> None:
    publish()
    doors = open_doors(openai_base_url=provider.url, chat_model="good")
    async with (
        streamable_http_client(f"{doors.address}/mcp") as (reading, writing, *_),
        ClientSession(reading, writing) as session,
    ):
        await session.initialize()
        tools = await session.list_tools()
        assert {tool.name for tool in tools.tools} == {"search_site", "read_page", "ask"}
        found = await session.call_tool("search_site", {"question": QUESTION})
        assert found.structuredContent["passages"][0]["heading_path"][-1] == "Swarming"
        answered = await session.call_tool("ask", {"question": QUESTION, "sources": ["bees"]})
        assert answered.content[0].text.startswith("Swarms leave in late spring [1].")
        assert answered.structuredContent["citations"][0]["url"].startswith("https://bees.example/")
        missing = await session.call_tool("read_page", {"url": "https://elsewhere.example/"})
        assert missing.isError
        assert "No indexed page" in missing.content[0].text


async def test_the_tools_take_keys(publish: Publish, open_doors: Callable[..., Any]) -> None:
    publish()
    publish({"Knots": "A bowline makes a loop that does not slip."}, source="knots", title="Knots")
    doors = open_doors(doors="keys")
    async with httpx.AsyncClient() as stranger:
        assert (await stranger.post(f"{doors.address}/mcp", json={})).status_code == 401
    key = {"Authorization": f"Bearer {doors.key('knots', sources=['knots'])}"}
    async with (
        httpx.AsyncClient(headers=key) as http,
        streamable_http_client(f"{doors.address}/mcp", http_client=http) as (reading, writing, *_),
        ClientSession(reading, writing) as session,
    ):
        await session.initialize()
        found = await session.call_tool("search_site", {"question": QUESTION})
        assert {passage["source"] for passage in found.structuredContent["passages"]} == {"knots"}
        refused = await session.call_tool("ask", {"question": QUESTION, "sources": ["bees"]})
        assert refused.isError
        assert "does not open bees" in refused.content[0].text


async def test_the_tools_answer_over_a_pipe(publish: Publish, tmp_path: Path, models: Path) -> None:
    publish()
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("LORECHAT_", "OPENAI_"))}
    own = {"LORECHAT_HOME": str(tmp_path / "home"), "LORECHAT_MODELS": str(models)}
    program = StdioServerParameters(
        command=str(Path(sys.executable).with_name("lorechat")), args=["mcp"], env=kept | own, cwd=PROJECT
    )
    async with stdio_client(program) as (reading, writing), ClientSession(reading, writing) as session:
        await session.initialize()
        answered = await session.call_tool("ask", {"question": QUESTION})
        assert "[1]" in answered.content[0].text
