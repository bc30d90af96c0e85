"""A turn that runs in this process: its text so far, and news for those who follow it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from chat_app.answer import Answer
from chat_app.question import Question
from chat_app.turns.event import TurnEnded, TurnEvent, TurnSearched, TurnState, TurnText
from data_contracts.identity import text_hash
from data_contracts.passage import Passage


@dataclass(eq=False)
class LiveTurn:
    """Grows until it ended. Followers hold an offset into the text and nothing else, so that one who is slow or
    stalled costs nothing and delays nobody."""

    id: str
    thread_id: str
    question: Question
    asked_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    state: TurnState = TurnState.RUNNING
    said: str = ""
    searched: TurnSearched | None = None
    pages: frozenset[tuple[str, str]] = frozenset()
    """(source, sha256 of the URL) of the pages that it may quote."""
    answer: Answer | None = None
    error: str | None = None
    cause: Exception | None = None
    ended_at: datetime | None = None
    is_kept: bool = False
    is_told: bool = False
    """Whether followers may be told the end."""
    task: asyncio.Task[None] | None = None
    _news: asyncio.Event = field(default_factory=asyncio.Event)

    def quotes(self, passages: Iterable[Passage]) -> None:
        """Note pages that the answer may quote."""
        self.pages |= {(passage.source, text_hash(passage.url)) for passage in passages}

    def search_done(self, searched: TurnSearched) -> None:
        self.searched = searched
        self._tell()

    def say(self, text: str) -> None:
        self.said += storable(text)
        self._tell()

    def end(
        self,
        state: TurnState,
        *,
        answer: Answer | None = None,
        error: str | None = None,
        cause: Exception | None = None,
    ) -> None:
        """Note how it ended; followers hear of it when `tell_end` is called."""
        self.state, self.answer, self.error, self.cause = state, answer, error, cause
        self.ended_at = datetime.now(UTC)

    def tell_end(self) -> None:
        self.is_told = True
        self._tell()

    async def follow(self, after: int = 0) -> AsyncIterator[TurnEvent]:
        """Yield what there is beyond `after` characters, then what comes. Whoever reads slowly gets longer pieces."""
        is_searched = False
        while True:
            news = self._news
            is_told = self.is_told
            if self.searched is not None and not is_searched:
                is_searched = True
                yield self.searched
            if len(self.said) > after:
                text, after = self.said[after:], len(self.said)
                yield TurnText(text, after)
            if is_told:
                said = self.said if self.answer is None else self.answer.text
                yield TurnEnded(self.state, said, self.answer, self.error, self.is_kept, self.cause)
                return
            await news.wait()

    def _tell(self) -> None:
        """Wake everyone who waits for news, and begin to collect the next."""
        news, self._news = self._news, asyncio.Event()
        news.set()


def storable(text: str) -> str:
    """Return text that every database takes: without NUL and lone surrogates."""
    return text.replace("\0", "").encode("utf-8", "replace").decode()
