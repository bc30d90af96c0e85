"""The language models that LoreChat knows. To add one, add a row; `docs/models.md` says what each field means.

Context windows and identifiers are those of the providers' model cards; prices are kept by the price library.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """How a model is reached."""

    OPENAI = "openai"
    """OpenAI itself, or any server that speaks its chat completions: Ollama, vLLM, llama.cpp."""
    BEDROCK = "bedrock"
    """Amazon Bedrock's Converse."""
    QUOTES = "quotes"
    """No model: the pages' own sentences."""


@dataclass(frozen=True, slots=True)
class LanguageModel:
    """One model.

    `key` is what settings call it, `model_id` what its provider calls it, `name` what people read. `provider` names
    whose failures it shares: one circuit breaker each. `local` says that questions and pages stay on machines of one's
    own. `quality` and `speed` are ranks among these models, higher is better. `context_tokens` bound question, pages
    and answer together; `most_output_tokens` is asked for at most.
    """

    key: str
    kind: Kind
    model_id: str
    name: str
    context_tokens: int
    most_output_tokens: int
    quality: int
    speed: int
    local: bool = False
    provider: str = ""

    def __post_init__(self) -> None:
        if not self.provider:
            object.__setattr__(self, "provider", self.kind.value)


_ANSWER = 4_096
"""Tokens of the longest answer that is asked for: some 3,000 words."""

MODELS = (
    LanguageModel("claude-sonnet", Kind.BEDROCK, "global.anthropic.claude-sonnet-5-5", "Claude Sonnet 5.5",
                  1_000_000, _ANSWER, quality=9, speed=5),
    LanguageModel("claude-haiku", Kind.BEDROCK, "global.anthropic.claude-haiku-5-5", "Claude Haiku 5.5",
                  1_000_000, _ANSWER, quality=6, speed=7),
    LanguageModel("nova-pro", Kind.BEDROCK, "{area}.amazon.nova-pro-v1:0", "Amazon Nova Pro",
                  300_000, _ANSWER, quality=5, speed=6),
    LanguageModel("nova-lite", Kind.BEDROCK, "{area}.amazon.nova-lite-v1:0", "Amazon Nova Lite",
                  300_000, _ANSWER, quality=3, speed=8),
    LanguageModel("nova-micro", Kind.BEDROCK, "{area}.amazon.nova-micro-v1:0", "Amazon Nova Micro",
                  128_000, _ANSWER, quality=2, speed=9),
    LanguageModel("deepseek", Kind.BEDROCK, "deepseek.v3.2", "DeepSeek V3.2",
                  128_000, _ANSWER, quality=7, speed=4),
    LanguageModel("gpt-6.1-sol", Kind.OPENAI, "gpt-6.1-sol", "GPT-6.1 Sol",
                  1_050_000, _ANSWER, quality=9, speed=5),
    LanguageModel("gpt-4.1", Kind.OPENAI, "gpt-4.1", "GPT-4.1",
                  1_000_000, _ANSWER, quality=6, speed=6),
    LanguageModel("gpt-4.1-mini", Kind.OPENAI, "gpt-4.1-mini", "GPT-4.1 mini",
                  1_000_000, _ANSWER, quality=4, speed=8),
)  # fmt: skip

QUOTES = LanguageModel("quotes", Kind.QUOTES, "", "quotes only", 0, 0, quality=0, speed=10, local=True)
"""What is always there: quoted sentences, free and on this machine."""


def is_passed_on(model_id: str) -> bool:
    """Whether a local server only passes questions on to its makers' machines: Ollama marks such models so."""
    return model_id.endswith(("-cloud", ":cloud"))


def known(key: str) -> LanguageModel | None:
    """Return the model that settings call `key`, or that its provider calls so."""
    return next((model for model in (*MODELS, QUOTES) if key in (model.key, model.model_id)), None)
