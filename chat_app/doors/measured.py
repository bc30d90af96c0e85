"""What `/metrics` reads from other parts of the running chat."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from chat_app.answerer import Usage
from chat_app.metrics import Metrics
from chat_app.models.allowance import Allowance, Reservation
from chat_app.models.chain import ModelChain
from chat_app.models.registry import LanguageModel
from chat_app.question import Question
from chat_app.service import ChatService


class CountedAllowance:
    """An allowance that counts what it refuses."""

    def __init__(self, allowance: Allowance, metrics: Metrics) -> None:
        self._allowance = allowance
        self._metrics = metrics

    async def reserve(
        self, model: LanguageModel, input_tokens: int, most_output_tokens: int, question: Question
    ) -> Reservation | None:
        reservation = await self._allowance.reserve(model, input_tokens, most_output_tokens, question)
        if reservation is None:
            self._metrics.over_budget.inc()
        return reservation

    async def settle(self, reservation: Reservation, usage: Usage) -> float | None:
        return await self._allowance.settle(reservation, usage)

    async def release(self, reservation: Reservation) -> None:
        await self._allowance.release(reservation)


def measure(service: ChatService) -> None:
    """Count refusals of budgets, and show which providers are left alone at the moment. Call it once, before the first
    question."""
    chain, metrics = service.pipeline.answerer, service.telemetry.metrics
    if not isinstance(chain, ModelChain):
        return
    chain.allowance = CountedAllowance(chain.allowance, metrics)
    models = {model for planned in chain.plans.models.values() for model in planned}
    for name in {model.name for model in models}:
        metrics.breakers.labels(name).set_function(partial(_rests, chain, [one for one in models if one.name == name]))


def _rests(chain: ModelChain, models: Sequence[LanguageModel]) -> float:
    return float(any(chain.is_left_alone(model) for model in models))


_: type[Allowance] = CountedAllowance
