"""Who answers: the models of a profile, one after the other, and in the end the pages' own sentences."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field

from chat_app.answerer import Evidence, Wrote
from chat_app.error import ProviderDown, ProviderError, ProviderRefused, ProviderSilent
from chat_app.extractive import NOTE, ExtractiveAnswerer
from chat_app.models.allowance import Allowance, Unlimited
from chat_app.models.attempt import Attempt, Inquiry, NotAsked, OverBudget
from chat_app.models.breaker import Breakers
from chat_app.models.closing import FELL_BACK, OVER_BUDGET, STAYED_HERE
from chat_app.models.completer import Completion
from chat_app.models.connection import Connection
from chat_app.models.failure import headline
from chat_app.models.profile import Plans
from chat_app.models.registry import QUOTES, LanguageModel
from chat_app.prompt import RULES, prompt
from chat_app.question import Question


@dataclass(slots=True)
class _Setbacks:
    """Why models did not write the answer, and what asking them cost in US dollars."""

    notes: list[str] = field(default_factory=list)
    cost: float = 0.0
    is_only_money: bool = True


class ModelChain:
    """An answerer and a completer. `allowance` is asked before each call and told after it; it may be replaced before
    the first question."""

    def __init__(
        self,
        plans: Plans,
        connections: Mapping[str, Connection],
        *,
        silence_seconds: float,
        breakers: Breakers | None = None,
    ) -> None:
        self.plans = plans
        self.allowance: Allowance = Unlimited()
        self._connections = connections
        self._silence = silence_seconds
        self._breakers = breakers or Breakers()

    @property
    def model_name(self) -> str:
        """The model that is asked first when nobody chooses."""
        return self.planned(Question("")).name

    def planned(self, question: Question) -> LanguageModel:
        """The model that is asked first for a question; it may be quotes."""
        return next(iter(self.plans.of(question)), QUOTES)

    async def stream(self, question: Question, evidence: Evidence) -> AsyncGenerator[str | Wrote, None]:
        """Yield an answer by the first model that gives one, then who wrote it and why not another did.

        A model that fails before its first word is followed by the next one. One that fails after it ends the answer,
        which then says so: two models' words are never mixed. No ProviderError leaves this.
        """
        setbacks = _Setbacks()
        inquiry = Inquiry(question, RULES, prompt(question, evidence), self._silence, evidence.embedder)
        async with aclosing(self._tried(self.plans.of(question), inquiry, setbacks)) as pieces:
            async for piece in pieces:
                yield piece
                if isinstance(piece, Wrote):
                    return
        quotes = ExtractiveAnswerer(self._closing(question, setbacks))
        async with aclosing(quotes.stream(question, evidence)) as said:
            async for quote in said:
                if isinstance(quote, str):
                    yield quote
        yield Wrote(quotes.model_name, cost=setbacks.cost, notes=tuple(setbacks.notes))

    async def complete(
        self, system: str, user: str, *, question: Question, most_output_tokens: int = 256, seconds: float = 5.0
    ) -> Completion | None:
        """Ask the fast models for a small thing, within `seconds` in all; see `Completer`."""
        models = self.plans.quick(question)
        silence = min(seconds, self._silence)
        inquiry = Inquiry(question, system, user, silence, most_output_tokens=most_output_tokens)
        said: list[str] = []
        try:
            async with asyncio.timeout(seconds), aclosing(self._tried(models, inquiry, _Setbacks())) as pieces:
                async for piece in pieces:
                    if isinstance(piece, str):
                        said.append(piece)
                    elif piece.whole:
                        return Completion("".join(said).strip(), piece.model, piece.usage, piece.cost)
        except TimeoutError:
            return None
        return None

    def prepare(self) -> None:
        """Load the clients of all models that may be asked, in the caller's thread."""
        for provider in {model.provider for models in self.plans.models.values() for model in models}:
            self._connections[provider].prepare()

    def is_left_alone(self, model: LanguageModel) -> bool:
        """Whether a model would not be asked just now, because it or its provider failed; changes nothing."""
        return self._breakers.is_open(model)

    async def aclose(self) -> None:
        """Close the providers' clients."""
        for connection in self._connections.values():
            await connection.aclose()

    async def _tried(
        self, models: Sequence[LanguageModel], inquiry: Inquiry, setbacks: _Setbacks
    ) -> AsyncGenerator[str | Wrote, None]:
        """Yield the words of the first model that has any, then who wrote; nothing when none has."""
        lost: set[str] = set()
        for model in models:
            if model.provider in lost:
                continue
            attempt = Attempt(model, self._connections[model.provider], self.allowance, self._breakers)
            try:
                async with aclosing(attempt.stream(inquiry)) as pieces:
                    async for piece in pieces:
                        yield piece
            except NotAsked as why:
                setbacks.notes.append(f"{model.name} was not asked: {why}.")
                setbacks.is_only_money &= isinstance(why, OverBudget)
            except ProviderError as error:
                setbacks.notes.append(f"{attempt.name} did not answer: {headline(error)}.")
                setbacks.is_only_money = False
                setbacks.cost += attempt.cost or 0.0
                if isinstance(error, (ProviderDown, ProviderSilent, ProviderRefused)):
                    lost.add(model.provider)
            else:
                yield attempt.wrote(*setbacks.notes, earlier=setbacks.cost)
                return

    def _closing(self, question: Question, setbacks: _Setbacks) -> str:
        """What quotes say below themselves."""
        if not any(self.plans.models.values()):
            return NOTE
        if self.plans.is_private(question):
            return STAYED_HERE
        return OVER_BUDGET if setbacks.notes and setbacks.is_only_money else FELL_BACK
