"""An answerer that first looks whether the answer is there already."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from datetime import UTC, datetime

from chat_app.answer_cache.answer_cache import AnswerCache, KeptAnswer
from chat_app.answer_cache.key import answer_key
from chat_app.answerer import Answerer, Evidence, Wrote
from chat_app.grounding.conclusion import Concluded
from chat_app.models.registry import Kind, LanguageModel
from chat_app.question import Question


class CachedAnswerer:
    """Gives a kept answer, or asks. `planned` tells which model would be asked first; None, or quotes, which cost
    nothing: always ask."""

    def __init__(
        self, answerer: Answerer, cache: AnswerCache, planned: Callable[[Question], LanguageModel | None]
    ) -> None:
        self._answerer = answerer
        self._cache = cache
        self._planned = planned

    @property
    def model_name(self) -> str:
        return self._answerer.model_name

    async def stream(self, question: Question, evidence: Evidence) -> AsyncGenerator[str | Wrote, None]:
        """Yield a kept answer in one piece, marked and free, or what is written now. Errors: as the answerer's."""
        key = self._key(question, evidence)
        kept = await self._cache.find(key) if key else None
        if key and kept:
            yield kept.text
            await self._cache.use(key)
            yield Wrote(kept.model, cost=0.0, cached=True)
            return
        async with aclosing(self._answerer.stream(question, evidence)) as pieces:
            async for piece in pieces:
                yield piece

    def prepare(self) -> None:
        self._answerer.prepare()

    async def aclose(self) -> None:
        await self._answerer.aclose()

    async def keep(self, question: Question, evidence: Evidence, wrote: Wrote, text: str, concluded: Concluded) -> None:
        """Keep a whole answer, as it was before it was marked, if it is a good one: it answers, every statement is
        borne out by the passages, and the planned model wrote it. With notes, another model did so in its place."""
        is_good = not concluded.is_decline and concluded.citations and not concluded.support.unsupported
        is_planned = wrote.whole and not wrote.cached and not wrote.notes
        if is_good and is_planned and (key := self._key(question, evidence)):
            await self._cache.keep(key, KeptAnswer(text, wrote.model, datetime.now(UTC)), evidence.passages)

    def _key(self, question: Question, evidence: Evidence) -> str | None:
        model = self._planned(question)
        if model is None or model.kind is Kind.QUOTES:
            return None
        return answer_key(question, evidence, model)
