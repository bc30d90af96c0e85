"""What programs are told while keys cannot be checked."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from chat_app.store.database import open_database

pytestmark = pytest.mark.slow


def test_a_database_that_is_away_closes_the_doors_in_their_own_words(open_doors: Callable[..., Any]) -> None:
    doors = open_doors()
    kept, away = doors.service.database, open_database("postgresql://somebody:secret@127.0.0.1:1/kept")
    there, kept._single = kept._single, away._single
    headers = {"authorization": "Bearer lore_any", "accept": "application/json, text/event-stream"}
    asked = {"model": "lorechat", "messages": [{"role": "user", "content": "When?"}]}
    with httpx.Client(base_url=doors.address, headers=headers, timeout=60) as client:
        answers = [
            client.get("/v1/models"),
            client.post("/v1/chat/completions", json=asked),
            client.post("/api/search", json={"question": "When?"}),
            client.post("/mcp", json={"jsonrpc": "2.0", "id": 1, "method": "tools/list"}),
        ]
    kept._single = there
    doors.call(away.close())
    for answer in answers:
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "60")
        assert answer.json()["error"]["code"] == "not_ready"
        assert "127.0.0.1" not in answer.text, "where the database is, is the operator's to know"
