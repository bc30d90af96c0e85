"""What a question means in its conversation, and in which parts it is searched."""

from __future__ import annotations

from dataclasses import dataclass

from chat_app.conversation.condenser import Condenser, TopicCondenser, with_topic
from chat_app.conversation.follow_up import is_standalone
from chat_app.conversation.part import parts
from chat_app.question import Exchange, Question


@dataclass(frozen=True, slots=True)
class Understood:
    """`standalone` is the question as it can be understood alone, `parts` what is searched for, each a question.
    `rewritten` says whether `standalone` is other than what was asked: then the turn before matters. `cost` is what it
    took to understand it, in US dollars."""

    standalone: str
    parts: tuple[str, ...]
    rewritten: bool
    cost: float = 0.0


class Understanding:
    """Understands questions with a condenser, which is asked only for those that need it."""

    def __init__(self, condenser: Condenser | None = None) -> None:
        self._condenser = condenser or TopicCondenser()

    async def understand(self, question: Question) -> Understood:
        """Return what to search for. Asks a model at most once, and only for a follow-up."""
        text = question.text.strip()
        if is_standalone(text, question.history):
            return Understood(text, _searched(text), False)
        condensed = await self._condenser.condense(question)
        return Understood(condensed.text, _searched(condensed.text), condensed.text != text, condensed.cost)


def _searched(text: str) -> tuple[str, ...]:
    """The parts; one that refers to the first is given its topic: "how do I install it" and "how do I remove it"."""
    first, *more = parts(text)
    before = [Exchange(question=first, standalone=first, answer="")]
    return (first, *(part if is_standalone(part, before) else with_topic(part, before[0]) for part in more))
