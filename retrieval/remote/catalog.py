"""Remote embedding models by the name that a person sets, `provider:model` or `provider:model:dimension`.

Limits are those of the providers' pages, in the provider's tokens; lengths here are counted by the default model's
tokenizer, so `max_tokens` stays well below them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

from retrieval.error import ModelUnavailable


class Protocol(StrEnum):
    """How a model is asked."""

    OPENAI = "openai"
    TITAN = "titan"
    COHERE = "cohere"


@dataclass(frozen=True, slots=True)
class RemoteModel:
    """`texts` and `tokens` are the most of one request. `dimensions` may be chosen from, the first by default; a model
    with one dimension is not asked for it. `prices_provider` and `prices_model` are its names in genai-prices, "" where
    the list has it not."""

    protocol: Protocol
    model: str
    dimensions: tuple[int, ...]
    max_tokens: int
    texts: int
    tokens: int
    prices_provider: str = ""

    @property
    def dimension(self) -> int:
        return self.dimensions[0]


CATALOG: dict[str, RemoteModel] = {
    "openai:text-embedding-3-small": RemoteModel(
        Protocol.OPENAI, "text-embedding-3-small", (1536, 512, 1024), 2000, 2048, 200_000, "openai"
    ),
    "openai:text-embedding-3-large": RemoteModel(
        Protocol.OPENAI, "text-embedding-3-large", (3072, 256, 1024), 2000, 2048, 200_000, "openai"
    ),
    "bedrock:amazon.titan-embed-text-v2:0": RemoteModel(
        Protocol.TITAN, "amazon.titan-embed-text-v2:0", (1024, 512, 256), 2000, 1, 2000, "aws"
    ),
    "bedrock:cohere.embed-english-v3": RemoteModel(
        Protocol.COHERE, "cohere.embed-english-v3", (1024,), 256, 96, 24_000
    ),
    "bedrock:cohere.embed-multilingual-v3": RemoteModel(
        Protocol.COHERE, "cohere.embed-multilingual-v3", (1024,), 256, 96, 24_000
    ),
}


def is_remote(name: str) -> bool:
    """Whether a name means a remote model."""
    return name.startswith(("openai:", "bedrock:"))


def remote_model(name: str) -> tuple[str, RemoteModel]:
    """Return the whole name, with its dimension, and the model. Raises ModelUnavailable for an unknown one."""
    for known, model in CATALOG.items():
        for dimension in model.dimensions:
            if name in (f"{known}:{dimension}", known if dimension == model.dimension else ""):
                others = tuple(one for one in model.dimensions if one != dimension)
                return f"{known}:{dimension}", replace(model, dimensions=(dimension, *others))
    raise ModelUnavailable(
        f"{name} is no remote embedding model that LoreChat knows. There are: {', '.join(CATALOG)}; a dimension may be "
        f"added, such as {next(iter(CATALOG))}:512."
    )
