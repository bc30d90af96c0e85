"""One model asked once: whether it may be, what it says, what that used and cost."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass

from chat_app.answerer import Usage, Wrote
from chat_app.error import AnswerCut, EmptyAnswer, ProviderBusy, ProviderError, ProviderSilent
from chat_app.models.allowance import Allowance, Reservation
from chat_app.models.breaker import Breakers
from chat_app.models.closing import BROKE_OFF, CUT
from chat_app.models.connection import Connection
from chat_app.models.failure import headline
from chat_app.models.registry import LanguageModel
from chat_app.models.text_stream import stream_text
from chat_app.models.token_count import counted_tokens, most_tokens, token_ceiling
from chat_app.question import Question
from retrieval.embedder import Embedder

_TIMES = 3
_LONGEST_WAIT = 5.0
"""Seconds: who wants to be left alone for longer is passed over, so that another model answers sooner."""


class NotAsked(Exception):
    """Why a model was not even asked, as the end of a sentence. Never leaves this package."""


class OverBudget(NotAsked):
    """There is no money for it."""


@dataclass(frozen=True, slots=True)
class Inquiry:
    """What a model is asked. `embedder` counts tokens where the provider does not; no output tokens: the most."""

    question: Question
    system: str
    user: str
    silence_seconds: float
    embedder: Embedder | None = None
    most_output_tokens: int = 0


class Attempt:
    """Asks `model`. After `stream` has ended, `cost` is what it cost in US dollars, None where that is not known, and
    `broke_off` says why the answer is not complete, "" when it is."""

    def __init__(self, model: LanguageModel, connection: Connection, allowance: Allowance, breakers: Breakers) -> None:
        self.model = model
        self.name = model.name
        self.usage = Usage()
        self.cost: float | None = None
        self.broke_off = ""
        self._connection = connection
        self._allowance = allowance
        self._breakers = breakers
        self._said: list[str] = []

    async def stream(self, inquiry: Inquiry) -> AsyncGenerator[str, None]:
        """Yield the answer in pieces. Errors, before the first piece only: NotAsked, ProviderError and its kinds. An
        answer that fails later ends there and says so."""
        if not self._breakers.admits(self.model):
            raise NotAsked("it failed a moment ago and is left alone for a while")
        try:
            reservation = await self._reserved(inquiry)
            async with aclosing(self._accounted(inquiry, reservation)) as pieces:
                async for piece in pieces:
                    yield piece
        finally:
            self._breakers.left(self.model)

    def wrote(self, *notes: str, earlier: float = 0.0) -> Wrote:
        """Who wrote: this model, after others that cost `earlier`."""
        told = (*notes, self.broke_off) if self.broke_off else notes
        cost = self.cost if self.cost is None and not earlier else (self.cost or 0.0) + earlier
        return Wrote(self.name, self.usage, cost, told, whole=not self.broke_off)

    async def _reserved(self, inquiry: Inquiry) -> Reservation:
        asked = most_tokens(inquiry.system) + most_tokens(inquiry.user)
        most = inquiry.most_output_tokens or self.model.most_output_tokens
        if asked + most > self.model.context_tokens:
            raise NotAsked("the pages and the question are longer than it can read")
        ceiling = token_ceiling(inquiry.system, inquiry.user)
        reservation = await self._allowance.reserve(self.model, ceiling, most, inquiry.question)
        if reservation is None:
            raise OverBudget("the budget is used up")
        return reservation

    async def _accounted(self, inquiry: Inquiry, reservation: Reservation) -> AsyncGenerator[str, None]:
        """Yield the answer; whatever happens, the reservation is settled or released."""
        used: Usage | None = None
        was_read = True  # a stopped request has been read by the model, most likely
        try:
            async with aclosing(self._patient(inquiry)) as pieces:
                async for piece in pieces:
                    if isinstance(piece, Usage):
                        used = piece
                    elif text := piece if self._said else piece.lstrip():
                        self._said.append(text)
                        yield text
            if not self._said:
                raise EmptyAnswer(f"**{self.name} answered without a word.** Ask again, or choose another model.")
            self._breakers.worked(self.model)
        except ProviderError as error:
            self._breakers.failed(self.model, error)
            was_read = isinstance(error, (ProviderSilent, EmptyAnswer, AnswerCut))
            if not self._said:
                raise
            self.broke_off = f"The answer of {self.name} is not complete: {headline(error)}."
            yield self._ending(CUT if isinstance(error, AnswerCut) else BROKE_OFF)
        finally:
            accounting = asyncio.ensure_future(self._account(inquiry, reservation, used, was_read=was_read))
            await asyncio.shield(accounting)

    def _ending(self, closing: str) -> str:
        """What comes after an answer that is not whole: outside of any code that it leaves open."""
        is_in_code = "".join(self._said).count("```") % 2
        return f"\n```\n\n{closing}" if is_in_code else f"\n\n{closing}"

    async def _account(self, inquiry: Inquiry, reservation: Reservation, used: Usage | None, *, was_read: bool) -> None:
        if used is None and not self._said and not was_read:
            await self._allowance.release(reservation)
            return
        self.usage = used or await self._estimated(inquiry)
        self.cost = await self._allowance.settle(reservation, self.usage)

    async def _estimated(self, inquiry: Inquiry) -> Usage:
        """What was used, where the provider does not count or was not heard to the end."""
        asked = [inquiry.system, inquiry.user]
        return Usage(await counted_tokens(asked, inquiry.embedder), await counted_tokens(self._said, inquiry.embedder))

    async def _patient(self, inquiry: Inquiry) -> AsyncGenerator[str | Usage, None]:
        """Ask; ask again when the provider wants that shortly, as long as the whole wait is no longer than its silence
        may be."""
        clock = asyncio.get_running_loop().time
        give_up = clock() + min(inquiry.silence_seconds, _LONGEST_WAIT)
        for last in (False,) * (_TIMES - 1) + (True,):
            try:
                async with aclosing(self._asked(inquiry)) as pieces:
                    async for piece in pieces:
                        yield piece
                return
            except ProviderBusy as busy:
                wait = busy.retry_after
                if last or self._said or wait is None or clock() + wait > give_up:
                    raise
                await asyncio.sleep(wait)

    async def _asked(self, inquiry: Inquiry) -> AsyncGenerator[str | Usage, None]:
        request = stream_text(
            self._connection,
            self.model,
            inquiry.system,
            inquiry.user,
            most_output_tokens=inquiry.most_output_tokens or self.model.most_output_tokens,
            silence_seconds=inquiry.silence_seconds,
        )
        async with aclosing(request) as pieces:
            async for piece in pieces:
                if not self.model.model_id and self.name == self.model.name:
                    self.name = (await self._connection.opened(self.model)).model_name
                yield piece
