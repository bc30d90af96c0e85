"""OpenAI, or any server that speaks its chat completions: Ollama, vLLM, llama.cpp."""

from __future__ import annotations

import asyncio
from contextlib import AbstractAsyncContextManager, nullcontext
from importlib import import_module
from typing import TYPE_CHECKING

from chat_app.error import ModelUnknown
from chat_app.models.failure import Advice
from chat_app.models.registry import LanguageModel, is_passed_on

if TYPE_CHECKING:
    from openai import AsyncOpenAI
    from pydantic_ai.models import Model
    from pydantic_ai.profiles.openai import OpenAIModelProfile


class OpenAIConnection:
    """Asks the server at `base_url`, "" for OpenAI itself. `silence_seconds` bounds connecting and each read."""

    def __init__(self, *, base_url: str, api_key: str, silence_seconds: float) -> None:
        self._base_url = base_url
        self._api_key = api_key
        self._silence = silence_seconds
        self._client: AsyncOpenAI | None = None
        self._models: dict[str, Model] = {}
        self._opening = asyncio.Lock()

    @property
    def advice(self) -> Advice:
        model = "Set `LORECHAT_CHAT_MODEL` to one that it has"
        if not self._base_url:
            return Advice("OpenAI", "Check `OPENAI_API_KEY`.", "Check this machine's way to the internet.", model)
        key, address = "Check `OPENAI_API_KEY` and `OPENAI_BASE_URL`.", "Check that it runs, and `OPENAI_BASE_URL`."
        return Advice("The model server", key, address, model)

    @property
    def errors(self) -> tuple[type[Exception], ...]:
        from openai import OpenAIError

        return (OpenAIError,)

    def prepare(self) -> None:
        for module in ("pydantic_ai.direct", "pydantic_ai.models.openai", "chat_app.models.openai_client"):
            import_module(module)

    async def opened(self, model: LanguageModel) -> Model:
        """Return what requests go through. A model without an id is the first one that the server offers."""
        if model.model_id not in self._models:
            async with self._opening:
                if model.model_id not in self._models:
                    self._models[model.model_id] = await self._open(model)
        return self._models[model.model_id]

    def place(self) -> AbstractAsyncContextManager[None]:
        return nullcontext()

    async def aclose(self) -> None:
        self._models.clear()
        if self._client is not None:
            client, self._client = self._client, None
            await client.close()

    async def _open(self, model: LanguageModel) -> Model:
        from pydantic_ai.models.openai import OpenAIChatModel
        from pydantic_ai.providers.openai import OpenAIProvider

        from chat_app.models.openai_client import QuickOpenAI

        if self._client is None:
            self._client = await asyncio.to_thread(  # reading certificates takes 0.1 s
                QuickOpenAI,
                base_url=self._base_url or None,
                api_key=self._api_key or "none",
                timeout=self._silence,
                max_retries=0,
            )
        name = model.model_id or await self._first_model(self._client)
        profile = _SERVED if self._base_url else None
        return OpenAIChatModel(name, provider=OpenAIProvider(openai_client=self._client), profile=profile)

    async def _first_model(self, client: AsyncOpenAI) -> str:
        """The first that runs on the server itself."""
        async for offered in client.models.list():
            if not is_passed_on(offered.id):
                return offered.id
        raise ModelUnknown(
            "**The model server offers no model.** Load one there, or name it with `LORECHAT_CHAT_MODEL`."
        )


_SERVED: OpenAIModelProfile = {"openai_chat_supports_max_completion_tokens": False}
"""Servers of one's own know the older field for the answer's length, some only that."""
