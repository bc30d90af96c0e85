"""The door that OpenAI's own clients use."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import openai
import pytest

from retrieval.vector_store import ReleaseManifest
from tests.chat_app.doors import patient

pytestmark = pytest.mark.slow

QUESTION = "When does a colony swarm?"
Publish = Callable[..., ReleaseManifest]


def ask(text: str = QUESTION, **more: Any) -> dict[str, Any]:
    return {"model": "bees", "messages": [{"role": "user", "content": text}], **more}


def client(address: str, key: str = "none") -> openai.OpenAI:
    return openai.OpenAI(base_url=f"{address}/v1", api_key=key, max_retries=0)


def test_openai_s_client_gets_a_whole_answer_with_its_citations(
    publish: Publish, open_doors: Callable[..., Any], provider: Any
) -> None:
    publish()
    doors = open_doors(openai_base_url=provider.url, chat_model="good")
    with client(doors.address) as asking:
        answer = asking.chat.completions.create(**ask())
    message = answer.choices[0].message
    assert message.content == "Swarms leave in late spring [1]."
    assert answer.choices[0].finish_reason == "stop"
    assert answer.usage is not None
    assert answer.usage.prompt_tokens == provider.counts[0]
    extension = (message.model_extra or {})["lorechat"]
    assert extension["model"] == "good"
    assert extension["citations"][0]["url"].startswith("https://bees.example/")


def test_a_stream_comes_in_pieces_and_ends_with_citations_and_usage(
    publish: Publish, open_doors: Callable[..., Any], provider: Any
) -> None:
    publish()
    doors = open_doors(openai_base_url=provider.url, chat_model="good")
    with client(doors.address) as asking:
        chunks = list(asking.chat.completions.create(**ask(stream=True, stream_options={"include_usage": True})))
    said = [chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices]
    assert "".join(said) == "Swarms leave in late spring [1]."
    assert chunks[0].choices[0].delta.role == "assistant"
    last = chunks[-2]
    assert last.choices[0].finish_reason == "stop"
    assert [one["number"] for one in (last.model_extra or {})["lorechat"]["citations"]] == [1]
    assert chunks[-1].choices == []
    assert chunks[-1].usage is not None
    assert chunks[-1].usage.total_tokens == sum(provider.counts[:2])


def test_an_answer_that_ends_before_its_end_says_so_in_the_field_s_words(
    publish: Publish, open_doors: Callable[..., Any], provider: Any
) -> None:
    publish()
    doors = open_doors(openai_base_url=provider.url, chat_model="long-winded")
    with client(doors.address) as asking:
        answer = asking.chat.completions.create(**ask())
        chunks = list(asking.chat.completions.create(**ask(stream=True)))
    assert answer.choices[0].finish_reason == chunks[-1].choices[0].finish_reason == "length"
    assert (answer.choices[0].message.model_extra or {})["lorechat"]["whole"] is False


def test_what_was_said_before_comes_along(publish: Publish, open_doors: Callable[..., Any], provider: Any) -> None:
    publish()
    doors = open_doors(openai_base_url=provider.url, chat_model="good")
    messages = [
        {"role": "system", "content": "You are a pirate."},
        {"role": "user", "content": "How do I feed bees in autumn?"},
        {"role": "assistant", "content": "With sugar syrup of two parts sugar."},
        {"role": "user", "content": [{"type": "text", "text": QUESTION}]},
    ]
    with client(doors.address) as asking:
        asking.chat.completions.create(model="lorechat", messages=messages)  # type: ignore[arg-type]  # plain dicts
    prompt = json.dumps(provider.asked[-1])
    assert "two parts sugar" in prompt
    assert "pirate" not in prompt


def test_every_readable_website_is_a_model(publish: Publish, open_doors: Callable[..., Any]) -> None:
    publish()
    publish({"Knots": "A bowline makes a loop that does not slip."}, source="knots", title="Knots")
    doors = open_doors(doors="keys")
    with client(doors.address, doors.key("all")) as asking:
        assert [model.id for model in asking.models.list()] == ["lorechat", "bees", "knots"]
    with client(doors.address, doors.key("one", sources=["knots"])) as asking:
        assert [model.id for model in asking.models.list()] == ["lorechat", "knots"]


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"model": "wasps"}, 404, "unknown_source"),
        ({"model": "bees:cheapest"}, 404, "model_not_found"),
        ({"messages": []}, 400, "invalid_request"),
        ({"messages": [{"role": "assistant", "content": "Hello"}]}, 400, "no_question"),
        ({"messages": [{"role": "user", "content": "  "}]}, 400, "no_question"),
        ({"messages": [{"role": "user", "content": [{"type": "image_url"}]}]}, 400, "unsupported_content"),
        ({"n": 2}, 400, "invalid_request"),
    ],
)
def test_a_wrong_request_is_refused_in_openai_s_words(
    publish: Publish, open_doors: Callable[..., Any], change: dict[str, Any], status: int, code: str
) -> None:
    publish()
    doors = open_doors()
    answer = patient.post(f"{doors.address}/v1/chat/completions", json=ask() | change)
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)
    assert set(answer.json()["error"]) == {"message", "type", "param", "code"}


def test_a_chat_without_an_index_answers_503(open_doors: Callable[..., Any]) -> None:
    doors = open_doors()
    for stream in (False, True):
        answer = patient.post(f"{doors.address}/v1/chat/completions", json=ask(model="lorechat", stream=stream))
        assert (answer.status_code, answer.json()["error"]["type"]) == (503, "server_error")


def test_a_key_opens_its_websites_only_and_as_often_as_it_may(publish: Publish, open_doors: Callable[..., Any]) -> None:
    publish()
    doors = open_doors(doors="keys")
    address = f"{doors.address}/v1/chat/completions"
    key = {"Authorization": f"Bearer {doors.key('reader', sources=['bees'], per_minute=2)}"}
    assert patient.post(address, json=ask()).status_code == 401
    assert patient.post(address, json=ask(), headers={"Authorization": "Bearer lore_guess"}).status_code == 401
    assert patient.post(address, json=ask(model="wasps"), headers=key).status_code == 403
    assert patient.post(address, json=ask(), headers=key).status_code == 200
    refused = patient.post(address, json=ask(), headers=key)
    assert refused.status_code == 429
    assert 1 <= int(refused.headers["retry-after"]) <= 60
