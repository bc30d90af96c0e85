"""The seam for small requests besides the answer itself, such as making a follow-up a question of its own."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

from chat_app.answerer import Usage
from chat_app.question import Question


@dataclass(frozen=True, slots=True)
class Completion:
    """What a model wrote. `cost` is in US dollars, None where no price is known."""

    text: str
    model: str
    usage: Usage = field(default_factory=Usage)
    cost: float | None = None


class Completer(Protocol):
    """Asks the fastest model that the question's profile allows."""

    async def complete(
        self, system: str, user: str, *, question: Question, most_output_tokens: int = 256, seconds: float = 5.0
    ) -> Completion | None:
        """Return the whole text, or None when no model is configured, allowed, within budget and answering within
        `seconds`: a small request is never worth failing a turn. `question` says who asks and with which profile."""
        ...
