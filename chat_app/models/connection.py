"""The seam to a provider of language models: a client that is opened at the first question and kept."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from typing import TYPE_CHECKING, Protocol

from chat_app.models.failure import Advice
from chat_app.models.registry import LanguageModel

if TYPE_CHECKING:
    from pydantic_ai.models import Model


class Connection(Protocol):
    """One provider. `errors` are those of its client that the model library does not translate."""

    @property
    def advice(self) -> Advice: ...

    @property
    def errors(self) -> tuple[type[Exception], ...]: ...

    def prepare(self) -> None:
        """Import the client, which takes up to two seconds, in the caller's thread."""
        ...

    async def opened(self, model: LanguageModel) -> Model:
        """Return what requests to the model go through. Errors: ModelUnknown, and the client's own."""
        ...

    def place(self) -> AbstractAsyncContextManager[None]:
        """Hold while one answer streams: what the client needs for it."""
        ...

    async def aclose(self) -> None:
        """Close the client and its connections."""
        ...
