"""The seam between asking a model and paying for it: money is set aside before the call and accounted for after it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from chat_app.answerer import Usage
from chat_app.models.registry import LanguageModel
from chat_app.question import Question


@dataclass(frozen=True, slots=True)
class Reservation:
    """A promise of money for one call. `number` is the ledger's own; subclasses may know more."""

    model: LanguageModel
    number: str = ""


class Allowance(Protocol):
    """Says whether a call may be made. Every reservation is either settled or released, exactly once."""

    async def reserve(
        self, model: LanguageModel, input_tokens: int, most_output_tokens: int, question: Question
    ) -> Reservation | None:
        """Set aside what the call costs at most, for the question's asker and sources. None: over budget, and a
        cheaper model is tried next. `input_tokens` cannot be exceeded."""
        ...

    async def settle(self, reservation: Reservation, usage: Usage) -> float | None:
        """Account for what was used, also when the answer broke off or was stopped. Return its price in US
        dollars, None where no price is known."""
        ...

    async def release(self, reservation: Reservation) -> None:
        """Give everything back: the model was not reached or refused, and costs nothing."""
        ...


class Unlimited:
    """Everybody may ask everything, and nothing is accounted for."""

    async def reserve(self, model: LanguageModel, *_: object) -> Reservation | None:
        return Reservation(model)

    async def settle(self, *_: object) -> float | None:
        return None

    async def release(self, *_: object) -> None:
        return None
