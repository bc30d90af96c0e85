"""What opens remote embedding models."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class RemoteAccess(BaseModel):
    """Keys and places of providers. Holds a credential: never log it.

    An empty `openai_base_url` means OpenAI itself, an empty `bedrock_endpoint` Amazon's own; Bedrock is opened by the
    machine's role or the usual AWS configuration. `parallel` requests run at once.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    openai_api_key: str = ""
    openai_base_url: str = ""
    bedrock_region: str = "us-east-1"
    bedrock_endpoint: str = ""
    parallel: int = 4
