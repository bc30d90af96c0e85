"""The plain JSON door."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from retrieval.vector_store import ReleaseManifest
from tests.chat_app.doors import patient

pytestmark = pytest.mark.slow

QUESTION = "When does a colony swarm?"
Publish = Callable[..., ReleaseManifest]


def named_events(lines: Iterator[str]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Event names with their data."""
    name = ""
    for line in lines:
        if line.startswith("event: "):
            name = line.removeprefix("event: ")
        elif line.startswith("data: "):
            yield name, json.loads(line.removeprefix("data: "))


def test_searching_returns_passages_best_first(publish: Publish, open_doors: Callable[..., Any]) -> None:
    publish()
    doors = open_doors()
    by_address = patient.get(f"{doors.address}/api/search", params={"question": QUESTION, "limit": 2}).json()
    by_body = patient.post(f"{doors.address}/api/search", json={"question": QUESTION, "limit": 2}).json()
    assert by_address == by_body
    assert by_body["passages"][0]["heading_path"] == ["Keeping bees", "Swarming"]
    assert len(by_body["passages"]) == 2
    assert list(by_body["releases"]) == ["bees"]


def test_an_answer_is_whole_or_comes_in_events(publish: Publish, open_doors: Callable[..., Any], provider: Any) -> None:
    publish()
    doors = open_doors(openai_base_url=provider.url, chat_model="good")
    asked = {"question": QUESTION, "sources": ["bees"]}
    whole = patient.post(f"{doors.address}/api/answer", json=asked).json()
    assert whole["answer"] == "Swarms leave in late spring [1]."
    assert whole["usage"]["prompt_tokens"] == provider.counts[0]
    accept = {"Accept": "text/event-stream"}
    again = {**asked, "question": "Why does a colony swarm?"}
    with patient.stream("POST", f"{doors.address}/api/answer", json=again, headers=accept) as answer:
        assert answer.headers["x-accel-buffering"] == "no"
        assert "no-transform" in answer.headers["cache-control"]
        events = list(named_events(answer.iter_lines()))
    assert [events[0][0], events[-1][0]] == ["searched", "answer"]
    assert "".join(data["text"] for name, data in events if name == "text") == whole["answer"]
    assert events[-1][1]["citations"][0]["number"] == 1


def test_the_turn_of_a_program_can_be_traced(publish: Publish, open_doors: Callable[..., Any]) -> None:
    publish()
    doors = open_doors()
    turn_id = patient.post(f"{doors.address}/api/answer", json={"question": QUESTION}).json()["turn_id"]
    kept = doors.call(doors.service.runner.store.turn(turn_id))
    assert kept["question"] == QUESTION


@pytest.mark.parametrize("model", ["401", "500"])
def test_a_failing_model_never_fails_the_request(
    publish: Publish, open_doors: Callable[..., Any], provider: Any, model: str
) -> None:
    publish()
    doors = open_doors(openai_base_url=provider.url, chat_model=model)
    answer = patient.post(f"{doors.address}/api/answer", json={"question": QUESTION})
    assert answer.status_code in (200, 502)
    if answer.status_code == 200:
        assert answer.json()["notes"]


def test_a_program_that_goes_away_stops_its_turn(
    publish: Publish, open_doors: Callable[..., Any], provider: Any
) -> None:
    publish()
    doors = open_doors(openai_base_url=provider.url, chat_model="stalls")
    with patient.stream(
        "POST",
        f"{doors.address}/api/answer",
        json={"question": QUESTION},
        headers={"Accept": "text/event-stream"},
    ) as answer:
        next(event for event in named_events(answer.iter_lines()) if event[0] == "text")
    assert provider.wait_for_disconnects()


def test_the_document_and_the_page_name_every_address(open_doors: Callable[..., Any]) -> None:
    doors = open_doors()
    document = patient.get(f"{doors.address}/api/openapi.json").json()
    assert set(document["paths"]) == {"/v1/models", "/v1/chat/completions", "/api/search", "/api/answer"}
    page = patient.get(f"{doors.address}/api")
    assert "/v1/chat/completions" in page.text
    assert "http" not in page.text.replace("text/html", "")
    assert "script-src" not in page.headers["content-security-policy"]


def test_a_restricted_website_is_there_only_for_keys_that_name_it(
    publish: Publish, open_doors: Callable[..., Any]
) -> None:
    publish()
    publish({"Knots": "A bowline makes a loop that does not slip."}, source="knots", title="Knots")
    doors = open_doors(doors="open", source_readers="knots=crew")
    wanted = {"question": "bowline loop", "sources": ["knots"]}
    address = f"{doors.address}/api/search"
    assert patient.post(address, json=wanted).status_code == 404
    assert patient.post(address, json=wanted, headers=_bearer(doors.key("any"))).status_code == 404
    named = patient.post(address, json=wanted, headers=_bearer(doors.key("crew", sources=["knots"])))
    assert named.json()["passages"][0]["source"] == "knots"
    everything = patient.post(address, json={"question": "bowline loop"}).json()
    assert list(everything["releases"]) == ["bees"]


def _bearer(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}
