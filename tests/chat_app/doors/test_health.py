"""What balancers and Prometheus are told."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from retrieval.vector_store import ReleaseManifest
from tests.chat_app.doors import patient

pytestmark = pytest.mark.slow

QUESTION = "When does a colony swarm?"
Publish = Callable[..., ReleaseManifest]


def samples(text: str) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    """Every value by name and labels."""
    return {
        (one.name, tuple(sorted(one.labels.items()))): one.value
        for family in text_string_to_metric_families(text)
        for one in family.samples
    }


def test_a_server_is_ready_when_the_index_is_warm_and_the_database_answers(
    publish: Publish, open_doors: Callable[..., Any]
) -> None:
    doors = open_doors()
    ready = f"{doors.address}/health/ready"
    assert patient.get(f"{doors.address}/health/live").json() == {"status": "live"}
    assert patient.get(ready).json()["status"] == "not ready"
    publish()
    assert patient.get(ready).json()["reason"] == "still loading"
    doors.call(doors.service.warm())
    assert patient.get(ready).json()["sources"].keys() == {"bees"}
    doors.service.runner.is_draining = True
    draining = patient.get(ready)
    assert (draining.status_code, draining.json()["reason"]) == (503, "the server is about to end")


def test_a_server_whose_database_is_away_is_not_ready(
    publish: Publish, open_doors: Callable[..., Any], tmp_path: Any
) -> None:
    publish()
    (tmp_path / "file").write_text("no folder")
    doors = open_doors(database_url=f"sqlite:///{tmp_path}/home/other.db")
    doors.call(doors.service.warm())
    assert patient.get(f"{doors.address}/health/ready").status_code == 200
    doors.call(doors.service.database.close())
    (tmp_path / "home" / "other.db").unlink()
    (tmp_path / "home" / "other.db").mkdir()
    told = patient.get(f"{doors.address}/health/ready")
    assert (told.status_code, told.json()["reason"]) == (503, "the database does not answer")


def test_turns_tokens_and_refusals_are_counted(publish: Publish, open_doors: Callable[..., Any], provider: Any) -> None:
    publish()
    doors = open_doors(openai_base_url=provider.url, chat_model="good")
    for question in (QUESTION, "Why do bees swarm in spring?"):
        patient.post(f"{doors.address}/api/answer", json={"question": question}).raise_for_status()
    patient.post(f"{doors.address}/v1/chat/completions", json={"model": "wasps", "messages": []})
    told = samples(patient.get(f"{doors.address}/metrics").text)
    answered = (("door", "rest"), ("model", "good"), ("outcome", "answered"))
    assert told["lorechat_turns_total", answered] == 2
    assert told["lorechat_tokens_total", (("kind", "input"), ("model", "good"))] == 2 * provider.counts[0]
    assert told["lorechat_first_text_seconds_count", (("door", "rest"),)] == 2
    assert told["lorechat_turn_seconds_count", (("door", "rest"),)] == 2
    assert told["lorechat_retrieval_seconds_count", ()] == 2
    assert told["lorechat_turns_running", ()] == 0
    assert told["lorechat_refusals_total", (("status", "400"),)] == 1


def test_the_measures_are_for_this_machine_or_for_a_key(open_doors: Callable[..., Any]) -> None:
    doors = open_doors()
    address = f"{doors.address}/metrics"
    assert patient.get(address, headers={"X-Forwarded-For": "203.0.113.9"}).status_code == 403
    assert patient.get(address, headers={"Host": "chat.example.com"}).status_code == 403
    keyed = open_doors(metrics_key="secret-of-prometheus")
    address = f"{keyed.address}/metrics"
    assert patient.get(address).status_code == 401
    told = patient.get(address, headers={"Authorization": "Bearer secret-of-prometheus"})
    assert "lorechat_turns_running" in told.text
