"""One request to one model, as text."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing

from chat_app.answerer import Usage
from chat_app.error import AnswerCut
from chat_app.models.connection import Connection
from chat_app.models.failure import provider_errors, silent
from chat_app.models.registry import LanguageModel

_CUT = {"length": "It reached the longest answer that is asked for", "content_filter": "Its provider withheld the rest"}
"""Reasons for which an answer ends before its end."""


async def stream_text(
    connection: Connection,
    model: LanguageModel,
    system: str,
    user: str,
    *,
    most_output_tokens: int,
    silence_seconds: float,
) -> AsyncGenerator[str | Usage, None]:
    """Yield the model's text as it comes, then what it used, where the provider counts that.

    Closing the generator ends the request. Errors: ProviderError and its kinds; ProviderSilent also when nothing comes
    for `silence_seconds`, at the beginning or between two pieces; AnswerCut after what it used.
    """
    said = _pieces(connection, model, system, user, most_output_tokens)
    with provider_errors(connection.advice, model.name, connection.errors):
        async with aclosing(said) as pieces:
            while True:
                try:
                    async with asyncio.timeout(silence_seconds) as waiting:
                        piece = await anext(pieces, None)
                except TimeoutError as error:
                    if waiting.expired():
                        raise silent(connection.advice, silence_seconds) from error
                    raise
                if piece is None:
                    return
                yield piece


async def _pieces(
    connection: Connection, model: LanguageModel, system: str, user: str, most_output_tokens: int
) -> AsyncGenerator[str | Usage, None]:
    from pydantic_ai.direct import model_request_stream
    from pydantic_ai.messages import ModelRequest, PartDeltaEvent, PartStartEvent, TextPart, TextPartDelta
    from pydantic_ai.settings import ModelSettings

    asked = ModelRequest.user_text_prompt(user, instructions=system)
    how = ModelSettings(max_tokens=most_output_tokens, thinking=False)
    opened = await connection.opened(model)
    async with connection.place(), model_request_stream(opened, [asked], model_settings=how) as events:
        async for event in events:
            if isinstance(event, PartDeltaEvent):
                if isinstance(event.delta, TextPartDelta):
                    yield event.delta.content_delta
            elif isinstance(event, PartStartEvent) and isinstance(event.part, TextPart):
                yield event.part.content
        counted, ended = events.usage, events.finish_reason
    if counted.input_tokens or counted.output_tokens:
        yield Usage(counted.input_tokens, counted.output_tokens, counted.cache_read_tokens)
    if ended in _CUT:
        raise AnswerCut(f"**{_CUT[ended]}.** Ask for less at once, or choose another model.")
