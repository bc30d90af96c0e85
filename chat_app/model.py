"""The answer by a language model: any OpenAI-compatible provider, streamed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from typing import TYPE_CHECKING

from chat_app.answerer import Evidence, Wrote
from chat_app.error import EmptyAnswer, ModelUnknown
from chat_app.prompt import RULES, prompt
from chat_app.provider_failure import provider_errors
from chat_app.question import Question

if TYPE_CHECKING:
    from openai import AsyncOpenAI
    from pydantic_ai.models import Model

_RETRIES = 1


class ModelAnswerer:
    """Asks `model` at `base_url` (None: OpenAI). An empty `model` means the first one that the server offers.

    `silence_seconds` is how long the provider may send nothing, before and between two pieces of the answer.
    """

    def __init__(self, *, model: str, base_url: str | None, api_key: str, silence_seconds: float) -> None:
        self._name = model
        self._base_url = base_url
        self._api_key = api_key
        self._silence = silence_seconds
        self._model: Model | None = None

    @property
    def model_name(self) -> str:
        return self._name or f"the model at {self._base_url}"

    async def stream(self, question: Question, evidence: Evidence) -> AsyncGenerator[str | Wrote, None]:
        """Yield the model's text as it comes. Errors: ProviderError and its kinds."""
        said = False
        with provider_errors(self._base_url or "OpenAI", self.model_name, self._silence):
            pieces = self._pieces(question, evidence)
            try:
                while True:
                    async with asyncio.timeout(self._silence):
                        piece = await anext(pieces, None)
                    if piece is None:
                        break
                    said = said or bool(piece.strip())
                    yield piece
            finally:
                await pieces.aclose()
        if not said:
            raise EmptyAnswer(
                f"**{self.model_name} answered without a word.** Ask again, or set another model with "
                "`LORECHAT_CHAT_MODEL`."
            )
        yield Wrote(self.model_name)

    async def _pieces(self, question: Question, evidence: Evidence) -> AsyncGenerator[str, None]:
        from pydantic_ai.direct import model_request_stream
        from pydantic_ai.messages import ModelRequest, PartDeltaEvent, PartStartEvent, TextPart, TextPartDelta

        request = ModelRequest.user_text_prompt(prompt(question, evidence), instructions=RULES)
        async with model_request_stream(await self._opened(), [request]) as events:
            async for event in events:
                if isinstance(event, PartStartEvent) and isinstance(event.part, TextPart):
                    yield event.part.content
                elif isinstance(event, PartDeltaEvent) and isinstance(event.delta, TextPartDelta):
                    yield event.delta.content_delta

    async def _opened(self) -> Model:
        """The client, made when the first question comes."""
        if self._model is None:
            from openai import AsyncOpenAI
            from pydantic_ai.models.openai import OpenAIChatModel
            from pydantic_ai.providers.openai import OpenAIProvider

            client = AsyncOpenAI(
                base_url=self._base_url, api_key=self._api_key, timeout=self._silence, max_retries=_RETRIES
            )
            self._name = self._name or await self._first_model(client)
            self._model = OpenAIChatModel(self._name, provider=OpenAIProvider(openai_client=client))
        return self._model

    async def _first_model(self, client: AsyncOpenAI) -> str:
        offered = [model.id async for model in client.models.list()]
        if not offered:
            raise ModelUnknown(
                f"**{self._base_url} offers no model.** Load one there, or name it with `LORECHAT_CHAT_MODEL`."
            )
        return offered[0]
