"""Which embedding model is used and what opens it: fields that the settings of pipeline and chat share.

Nothing is read here: the classes that inherit from this one say from where.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import AliasChoices, Field, SecretStr
from pydantic_settings import BaseSettings

if TYPE_CHECKING:
    from retrieval.remote.access import RemoteAccess


class EmbeddingSettings(BaseSettings):
    """The embedding model, which index and chat must agree on."""

    embedding_model: str = Field(default="", description="empty: the model that comes with LoreChat")
    embedding_base_url: str = Field(default="", description="address of OpenAI-compatible embeddings; empty: OpenAI")
    embedding_parallel: int = Field(default=4, ge=1, le=64, description="requests at once to a remote embedding model")
    openai_api_key: SecretStr = Field(
        default=SecretStr(""),
        validation_alias=AliasChoices("OPENAI_API_KEY", "openai_api_key"),
        description="key of OpenAI, for its language and embedding models",
    )
    bedrock_region: str = Field(default="us-east-1", description="region of Bedrock")
    bedrock_endpoint: str = Field(default="", description="address of a private Bedrock endpoint; empty: the region's")

    def remote_access(self) -> RemoteAccess:
        """What opens a remote embedding model. Holds a credential: never log it."""
        from retrieval.remote.access import RemoteAccess

        return RemoteAccess(
            openai_api_key=self.openai_api_key.get_secret_value(),
            openai_base_url=self.embedding_base_url,
            bedrock_region=self.bedrock_region,
            bedrock_endpoint=self.bedrock_endpoint,
            parallel=self.embedding_parallel,
        )
