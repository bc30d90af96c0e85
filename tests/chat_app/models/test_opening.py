"""From settings to an answer, with several providers at the same time."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import aclosing
from dataclasses import replace

import pytest

from chat_app.answerer import Evidence
from chat_app.models.opening import open_models
from chat_app.settings import ChatSettings
from tests.chat_app.models.conftest import PATIENCE, QUESTION, told
from tests.doubles.bedrock_double import BedrockDouble
from tests.doubles.openai_double import ProviderDouble

pytestmark = pytest.mark.slow
Make = Callable[..., ChatSettings]


async def test_each_profile_goes_where_it_may(
    openai_double: ProviderDouble, bedrock_double: BedrockDouble, make_settings: Make, evidence: Evidence
) -> None:
    settings = make_settings(
        bedrock=True, bedrock_endpoint=bedrock_double.url, local_url=openai_double.url, chat_timeout=PATIENCE
    )
    async with aclosing(open_models(settings)) as chain:
        chain.prepare()
        named = {
            profile: (await told(chain, evidence, replace(QUESTION, profile=profile))).wrote.model
            for profile in ("fast", "best", "private", "")
        }
    assert named == {
        "fast": "Claude Haiku 5.5",
        "best": "Claude Sonnet 5.5",
        "private": "good",
        "": "Claude Haiku 5.5",
    }
    assert len(bedrock_double.asked) == 3
    assert len(openai_double.asked) == 1


async def test_a_key_alone_is_openai_and_names_the_model(
    openai_double: ProviderDouble, make_settings: Make, evidence: Evidence
) -> None:
    settings = make_settings(openai_base_url=openai_double.url, openai_api_key="sk-mine", chat_timeout=PATIENCE)
    async with aclosing(open_models(settings)) as chain:
        assert chain.model_name == "the model server's own model"
        answer = await told(chain, evidence)
    assert answer.wrote.model == "good"
    assert set(openai_double.keys) == {"Bearer sk-mine"}


async def test_without_a_provider_quotes_say_how_to_get_prose(make_settings: Make, evidence: Evidence) -> None:
    async with aclosing(open_models(make_settings())) as chain:
        chain.prepare()
        answer = await told(chain, evidence)
    assert answer.wrote.model == chain.model_name == "quotes only"
    assert answer.wrote.notes == ()
    assert "OPENAI_API_KEY" in answer.text
