"""A guardrail's double, and one call that streams a text through a shield."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from chat_app.shields.guardrail import Guardrail
from tests.doubles.guardrail_double import GuardrailDouble


@pytest.fixture
def guardrail_double() -> Iterator[GuardrailDouble]:
    double = GuardrailDouble()
    yield double
    double.close()


@pytest.fixture
def guardrail(guardrail_double: GuardrailDouble, monkeypatch: pytest.MonkeyPatch) -> Iterator[Guardrail]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    found = Guardrail(guardrail_id="gr1", version="7", region="eu-central-1", endpoint=guardrail_double.origin)
    yield found
    found.close()
