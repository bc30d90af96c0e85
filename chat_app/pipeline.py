"""The pipeline of the settings: every part of answering, opened and put together."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING

from chat_app.answer import Answer, AnswerPipeline
from chat_app.conversation.condenser import ModelCondenser
from chat_app.conversation.understanding import Understanding
from chat_app.library import Library
from chat_app.question import Question
from chat_app.settings import ChatSettings
from chat_app.shields.opening import open_shields
from retrieval.async_reader import StoreReader
from retrieval.vector_store import ReleaseReader

if TYPE_CHECKING:
    from chat_app.money.opening import Money


def open_pipeline(
    settings: ChatSettings, reader: ReleaseReader | None = None, money: Money | None = None
) -> AnswerPipeline:
    """Return the pipeline of the settings; nothing is loaded before the first question. `reader` holds other releases
    to answer from than the live ones; without `money` nothing is limited and no answer is given twice."""
    library = Library(
        StoreReader(reader) if reader else settings.reader(), settings.embedder, reranker=settings.reranked_by()
    )
    answerer = settings.answerer()
    pipeline = AnswerPipeline(library, answerer, passages=settings.passages)
    pipeline.understanding = Understanding(ModelCondenser(answerer, seconds=settings.follow_up_timeout))
    pipeline.history_tokens = settings.history_tokens
    pipeline.section_tokens = settings.section_tokens if settings.has_language_model else 0
    pipeline.shields = open_shields(settings)
    if money is not None:
        money.limit(pipeline)
    return pipeline


def answer_once(
    question: str,
    *,
    settings: ChatSettings,
    sources: Sequence[str] | None = None,
    reader: ReleaseReader | None = None,
) -> Answer:
    """Answer one question, for callers that are not async. Errors: RetrievalError and ChatError kinds."""
    from chat_app.money.opening import pipeline_once

    async def once() -> Answer:
        async with pipeline_once(settings, reader) as pipeline:
            return await pipeline.answer(Question(question, sources))

    return asyncio.run(once())
