"""Every model of the registry, asked as its provider wants it."""

from __future__ import annotations

import json

import pytest

from chat_app.models.bedrock_connection import BedrockConnection
from chat_app.models.connection import Connection
from chat_app.models.openai_connection import OpenAIConnection
from chat_app.models.registry import MODELS, Kind, LanguageModel
from chat_app.models.text_stream import stream_text
from tests.chat_app.models.conftest import PATIENCE, bedrock_connection
from tests.doubles.bedrock_double import BedrockDouble
from tests.doubles.openai_double import ProviderDouble

pytestmark = pytest.mark.slow


async def answered(connection: Connection, model: LanguageModel) -> str:
    request = stream_text(
        connection, model, "Rules.", "Why?", most_output_tokens=model.most_output_tokens, silence_seconds=PATIENCE
    )
    text = "".join([piece async for piece in request if isinstance(piece, str)])
    await connection.aclose()
    return text


@pytest.mark.parametrize("model", [model for model in MODELS if model.kind is Kind.BEDROCK], ids=lambda m: m.key)
async def test_a_model_of_bedrock_is_asked_by_its_identifier(
    bedrock_double: BedrockDouble, model: LanguageModel
) -> None:
    assert await answered(bedrock_connection(bedrock_double), model) == bedrock_double.text
    body = bedrock_double.asked[0]
    assert body["model"] == model.model_id.format(area="us")
    assert body["inferenceConfig"]["maxTokens"] == model.most_output_tokens
    assert body["system"][0] == {"text": "Rules."}
    assert '"enabled"' not in json.dumps(body)


@pytest.mark.parametrize("model", [model for model in MODELS if model.kind is Kind.OPENAI], ids=lambda m: m.key)
async def test_a_model_of_openai_is_asked_by_its_name(
    openai_double: ProviderDouble, monkeypatch: pytest.MonkeyPatch, model: LanguageModel
) -> None:
    """Where OpenAI is, is the SDK's own variable here, so that the request is OpenAI's and no other server's."""
    monkeypatch.setenv("OPENAI_BASE_URL", openai_double.url)
    connection = OpenAIConnection(base_url="", api_key="sk-test", silence_seconds=PATIENCE)
    assert await answered(connection, model) == openai_double.text
    body = openai_double.asked[0]
    assert body["model"] == model.model_id
    assert body["max_completion_tokens"] == model.most_output_tokens
    assert body["stream_options"] == {"include_usage": True}
    assert body["messages"][0]["content"] == "Rules."
    assert openai_double.keys == ["Bearer sk-test"]


async def test_a_server_of_ones_own_is_asked_with_the_older_field(openai_double: ProviderDouble) -> None:
    model = LanguageModel("x", Kind.OPENAI, "", "x", 9_000, 123, 1, 1)
    connection = OpenAIConnection(base_url=openai_double.url, api_key="", silence_seconds=PATIENCE)
    assert await answered(connection, model) == openai_double.text
    assert openai_double.asked[0]["max_tokens"] == 123
    assert openai_double.asked[0]["model"] == "good"


async def test_a_server_that_runs_a_model_itself_is_preferred_to_one_that_passes_it_on(
    openai_double: ProviderDouble,
) -> None:
    openai_double.offers = ["huge:cloud", "big-cloud", "small"]
    model = LanguageModel("x", Kind.OPENAI, "", "x", 9_000, 123, 1, 1)
    connection = OpenAIConnection(base_url=openai_double.url, api_key="", silence_seconds=PATIENCE)
    await answered(connection, model)
    assert openai_double.asked[0]["model"] == "small"


@pytest.mark.parametrize(
    ("region", "area"),
    [("eu-central-1", "eu"), ("us-west-2", "us"), ("ap-southeast-2", "apac")],
)
async def test_an_inference_profile_is_named_after_the_regions_group(
    bedrock_double: BedrockDouble, region: str, area: str
) -> None:
    model = next(model for model in MODELS if "{area}" in model.model_id)
    connection = BedrockConnection(region=region, endpoint=bedrock_double.url, silence_seconds=PATIENCE)
    await answered(connection, model)
    assert bedrock_double.asked[0]["model"].startswith(f"{area}.amazon.")
