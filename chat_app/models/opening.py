"""The models of the settings, ready to be asked; nothing is opened before the first question."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chat_app.models.bedrock_connection import BedrockConnection
from chat_app.models.chain import ModelChain
from chat_app.models.configured import BEDROCK, LOCAL, OPENAI
from chat_app.models.connection import Connection
from chat_app.models.openai_connection import OpenAIConnection
from chat_app.models.profile import plans

if TYPE_CHECKING:
    from chat_app.settings import ChatSettings


def open_models(settings: ChatSettings) -> ModelChain:
    """Return who answers, with one client per provider, which `aclose` closes."""
    silence = settings.chat_timeout
    key = settings.openai_api_key.get_secret_value()
    connections: dict[str, Connection] = {
        OPENAI: OpenAIConnection(base_url=settings.openai_base_url, api_key=key, silence_seconds=silence),
        LOCAL: OpenAIConnection(base_url=settings.local_url, api_key="", silence_seconds=silence),
        BEDROCK: BedrockConnection(
            region=settings.bedrock_region, endpoint=settings.bedrock_endpoint, silence_seconds=silence
        ),
    }
    return ModelChain(plans(settings), connections, silence_seconds=silence)
