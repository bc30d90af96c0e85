"""Reading pieces quickly changes nothing of what is read."""

from __future__ import annotations

from functools import cache
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openai import AsyncOpenAI
from openai.types.chat import ChatCompletionChunk

from chat_app.models.openai_client import QuickOpenAI

HEAD = {"id": "1", "object": "chat.completion.chunk", "created": 1, "model": "m"}
USAGE = {"prompt_tokens": 3, "completion_tokens": 1, "total_tokens": 4, "prompt_tokens_details": {"cached_tokens": 2}}


@cache
def made(client: type[AsyncOpenAI]) -> AsyncOpenAI:
    return client(api_key="k", base_url="http://127.0.0.1:9")


def read(client: type[AsyncOpenAI], data: dict[str, Any]) -> Any:
    return made(client)._process_response_data(data=data, cast_to=ChatCompletionChunk, response=None)  # type: ignore[arg-type]  # not looked at


@settings(deadline=None)
@given(st.text(), st.sampled_from([None, "stop", "length"]), st.sampled_from([None, USAGE]))
def test_a_piece_is_read_as_the_sdk_reads_it(text: str, reason: str | None, usage: dict[str, Any] | None) -> None:
    choice = {"index": 0, "delta": {"content": text, "reasoning_content": "hm"}, "finish_reason": reason}
    data = {**HEAD, "choices": [choice], "usage": usage}
    quick, slow = read(QuickOpenAI, data), read(AsyncOpenAI, data)
    assert quick == slow
    assert quick.choices[0].delta.reasoning_content == "hm"


@pytest.mark.parametrize(
    "data",
    [
        {"choices": None},
        {**HEAD, "choices": [{"delta": {"content": "x"}}]},
        {**HEAD, "created": "now", "choices": []},
        {**HEAD, "choices": [{"index": 0, "delta": None, "finish_reason": "eos"}]},
    ],
)
def test_a_piece_that_deviates_is_left_to_the_sdk(data: dict[str, Any]) -> None:
    assert repr(read(QuickOpenAI, data)) == repr(read(AsyncOpenAI, data))
