"""Amazon Bedrock, through its Converse interface."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from importlib import import_module
from typing import TYPE_CHECKING, Any

from chat_app.models.failure import Advice
from chat_app.models.registry import LanguageModel

if TYPE_CHECKING:
    from pydantic_ai.models import Model

_STREAMS = 256
"""Most answers that one process streams from Bedrock at once: each holds one thread while it waits."""
_AREAS = {"us": "us", "eu": "eu", "ap": "apac"}
"""The first part of a region's name, and the group of regions that its inference profiles are named after."""


class BedrockConnection:
    """Asks the models of `region`, with the credentials that the machine has. `endpoint` is for a private endpoint."""

    def __init__(self, *, region: str, endpoint: str, silence_seconds: float) -> None:
        self._region = region
        self._endpoint = endpoint
        self._silence = silence_seconds
        self._client: Any = None
        self._models: dict[str, Model] = {}
        self._opening = asyncio.Lock()
        self._streams = asyncio.Semaphore(_STREAMS)

    @property
    def advice(self) -> Advice:
        return Advice(
            f"Amazon Bedrock in {self._region}",
            "Check that the machine's AWS credentials are there and have not expired.",
            "Check `LORECHAT_BEDROCK_REGION` and the network's way to it.",
            "Set `LORECHAT_CHAT_MODEL` to one that the region has",
        )

    @property
    def errors(self) -> tuple[type[Exception], ...]:
        from botocore.exceptions import BotoCoreError, ClientError

        return (BotoCoreError, ClientError)

    def prepare(self) -> None:
        for module in ("pydantic_ai.direct", "pydantic_ai.models.bedrock"):
            import_module(module)
        self._client = self._client or self._boto_client()

    async def opened(self, model: LanguageModel) -> Model:
        """Return what requests go through; the identifier is completed for the region."""
        name = model.model_id.format(area=_AREAS.get(self._region.partition("-")[0], "us"))
        if name not in self._models:
            async with self._opening:
                if name not in self._models:
                    self._models[name] = await asyncio.to_thread(self._open, name)
        return self._models[name]

    @asynccontextmanager
    async def place(self) -> AsyncGenerator[None, None]:
        """Bring one thread along: the SDK waits in a thread of the process's common pool, and fifty answers would
        leave none for anything else. A stream waits in one thread at most."""
        from anyio.to_thread import current_default_thread_limiter

        async with self._streams:
            threads = current_default_thread_limiter()
            threads.total_tokens += 1
            try:
                yield
            finally:
                threads.total_tokens -= 1

    async def aclose(self) -> None:
        self._models.clear()
        if self._client is not None:
            client, self._client = self._client, None
            await asyncio.to_thread(client.close)

    def _open(self, name: str) -> Model:
        """Reading the service's description takes 0.2 s, finding credentials may take longer."""
        from pydantic_ai.models.bedrock import BedrockConverseModel
        from pydantic_ai.providers.bedrock import BedrockProvider

        if self._client is None:
            self._client = self._boto_client()
        return BedrockConverseModel(name, provider=BedrockProvider(bedrock_client=self._client))

    def _boto_client(self) -> Any:
        import boto3
        from botocore.config import Config

        config = Config(
            connect_timeout=min(self._silence, 10.0),
            read_timeout=self._silence,
            max_pool_connections=_STREAMS,
            retries={"total_max_attempts": 1},
        )
        return boto3.Session(region_name=self._region).client(
            "bedrock-runtime", endpoint_url=self._endpoint or None, config=config
        )
