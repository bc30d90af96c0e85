"""The seams of checking: questions on their way in, text on its way out; and chains of such checks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from chat_app.question import Question


class InputShield(Protocol):
    """Checks a question before anything else reads it."""

    async def check(self, question: Question) -> Question:
        """Return the question, cleaned and with flags where that is enough.

        Errors: ShieldRefusal with what to do; ShieldUnavailable when it cannot check.
        """
        ...


class OutputShield(Protocol):
    """Checks one answer while it streams: a new one is made for each answer.

    It holds back only what could still become something to remove, a bounded number of characters, and takes time
    linear in the text. Text without anything to remove comes out byte for byte, however it was cut into pieces.
    """

    async def feed(self, piece: str) -> str:
        """Take a piece and return what is safe to show by now. Errors: ShieldUnavailable."""
        ...

    async def finish(self) -> str:
        """Return the rest; nothing may be fed afterwards. Errors: ShieldUnavailable."""
        ...


class InputChain:
    """Input shields, one after the other."""

    def __init__(self, shields: Sequence[InputShield] = ()) -> None:
        self._shields = shields

    async def check(self, question: Question) -> Question:
        """Return what the last shield returns."""
        for shield in self._shields:
            question = await shield.check(question)
        return question


class OutputChain:
    """Output shields, each fed with what the one before lets through."""

    def __init__(self, shields: Sequence[OutputShield] = ()) -> None:
        self._shields = shields

    async def feed(self, piece: str) -> str:
        """Return what all shields let through by now."""
        return await self._through(0, piece)

    async def finish(self) -> str:
        """Return what they still held."""
        rest = ""
        for place, shield in enumerate(self._shields):
            rest += await self._through(place + 1, await shield.finish())
        return rest

    async def _through(self, first: int, piece: str) -> str:
        for shield in self._shields[first:]:
            if not piece:
                break
            piece = await shield.feed(piece)
        return piece


def _nothing() -> None:
    """What there is to close where nothing is open."""


@dataclass(frozen=True, slots=True)
class Shields:
    """All shields of a chat: one input chain, and an output chain that is made anew for each answer. `close` ends their
    connections."""

    input: InputShield = field(default_factory=InputChain)
    output: Callable[[], OutputShield] = OutputChain
    close: Callable[[], None] = _nothing
