"""The handbook's page on programs: every example runs, and every door gives the same turn."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import httpx
import openai
import pytest
from mcp import ClientSession
from mcp.client.streamable_http import streamable_http_client

from chat_app.settings import PROJECT
from retrieval.vector_store import ReleaseManifest
from tests.chat_app.running_chat import RunningChat, Serve

pytestmark = pytest.mark.slow

QUESTION = "When does a colony swarm?"
ANSWER = "A colony swarms in late spring when the hive is too crowded [1]."
ADDRESS = "http://localhost:8000"
PAGE = (PROJECT / "docs" / "api.md").read_text()


def blocks(language: str) -> list[str]:
    """The page's examples in a language."""
    return re.findall(rf"^```{language}\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)


@pytest.fixture
def chat(publish: Callable[..., ReleaseManifest], serve: Serve, provider: Any) -> RunningChat:
    """A whole chat whose handbook is about bees, with a language model."""
    publish(source="handbook", title="Handbook")
    provider.text = ANSWER
    return serve(OPENAI_BASE_URL=provider.url, LORECHAT_CHAT_MODEL="good")


def run(command: list[str]) -> str:
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=300, cwd=PROJECT, env=os.environ | {"LORECHAT_KEY": "none"}
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_every_example_of_the_handbook_runs(chat: RunningChat) -> None:
    shells, programs = blocks("shell"), blocks("python")
    assert (len(shells), len(programs)) == (3, 2)
    whole, stream, found = (run(["sh", "-c", text.replace(ADDRESS, chat.address)]) for text in shells)
    assert json.loads(whole)["answer"] == ANSWER
    assert stream.count("event: text") >= 1
    assert stream.rstrip().splitlines()[-2] == "event: answer"
    assert json.loads(found)["passages"][0]["heading_path"][-1] == "Feeding"
    for text in programs:
        said = run([sys.executable, "-c", text.replace(ADDRESS, chat.address)])
        assert ANSWER in said
        assert "[1] Keeping bees: https://bees.example/keeping#swarming" in said
    for text in blocks("json"):
        assert "lorechat" in json.loads(text)["mcpServers"]


async def test_the_same_turn_comes_through_every_door(chat: RunningChat) -> None:
    curl = ["curl", "-s", f"{chat.address}/api/answer", "-H", "Content-Type: application/json", "-d"]
    by_curl = json.loads(run([*curl, json.dumps({"question": QUESTION})]))
    async with openai.AsyncOpenAI(base_url=f"{chat.address}/v1", api_key="none") as client:
        completed = await client.chat.completions.create(
            model="handbook", messages=[{"role": "user", "content": QUESTION}]
        )
    by_openai = (completed.choices[0].message.model_extra or {})["lorechat"]
    async with (
        streamable_http_client(f"{chat.address}/mcp") as (reading, writing, *_),
        ClientSession(reading, writing) as session,
    ):
        await session.initialize()
        by_mcp: Any = (await session.call_tool("ask", {"question": QUESTION})).structuredContent
    assert by_curl["answer"] == completed.choices[0].message.content == by_mcp["answer"] == ANSWER
    assert by_curl["citations"] == by_openai["citations"] == by_mcp["citations"]
    assert by_curl["model"] == by_openai["model"] == by_mcp["model"]
    async with httpx.AsyncClient(base_url=chat.address) as http:
        told = (await http.get("/metrics")).text
    assert "lorechat_open_pages 0.0" in told
    for door in ("rest", "openai", "mcp"):
        assert f'door="{door}",model="{by_curl["model"]}",outcome="answered"' in told.replace(", ", ",")
