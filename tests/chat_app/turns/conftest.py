"""A pipeline that answers what a test tells it to, when it tells it to."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest

from chat_app.answer import Answer, Searched
from chat_app.answerer import Usage
from chat_app.citation import cite
from chat_app.error import ProviderDown
from chat_app.question import Question
from chat_app.store.database import Database, open_database
from chat_app.turns.event import TurnEnded, TurnEvent, TurnText
from chat_app.turns.runner import TurnRunner
from data_contracts.passage import ScoredPassage
from tests.chat_app.conftest import make_passages


class Script:
    """A pipeline. `say` lets every turn go on with a text; `finish` lets it end, `fail` lets it break."""

    def __init__(self) -> None:
        self.questions: list[Question] = []
        self.closed = 0
        self._lines: list[str | Exception | None] = []
        self._more = asyncio.Event()

    def say(self, text: str) -> None:
        self._add(text)

    def finish(self) -> None:
        self._add(None)

    def fail(self, error: Exception | None = None) -> None:
        self._add(error or ProviderDown("**The language model cannot be reached.**"))

    def _add(self, line: str | Exception | None) -> None:
        self._lines.append(line)
        more, self._more = self._more, asyncio.Event()
        more.set()

    async def stream(self, question: Question) -> AsyncGenerator[Searched | str | Answer, None]:
        self.questions.append(question)
        try:
            scored = [ScoredPassage(passage, 1.0, 0.5) for passage in make_passages()]
            yield Searched(scored, [], 3)
            said = ""
            place = 0
            while True:
                more = self._more
                while place < len(self._lines):
                    line = self._lines[place]
                    place += 1
                    if isinstance(line, Exception):
                        raise line
                    if line is None:
                        yield _answer(question, said, scored)
                        return
                    said += line
                    yield line
                await more.wait()
        finally:
            self.closed += 1


def _answer(question: Question, said: str, scored: list[ScoredPassage]) -> Answer:
    return Answer(
        question=question.text,
        text=said.strip(),
        citations=(cite(1, scored[1].passage), cite(2, scored[0].passage)),
        model="script",
        releases={"bees": "r1"},
        standalone=f"{question.text} (in full)",
        usage=Usage(100, 20, 5),
        cost=0.0125,
        notes=("A note.",),
        passages=scored,
    )


@pytest.fixture
def script() -> Script:
    return Script()


Replica = Callable[..., TurnRunner]


@pytest.fixture
async def replica(database_url: str, script: Script) -> AsyncIterator[Replica]:
    """Open as many runners as a test wants, all over one database, each with connections of its own."""
    opened: list[tuple[TurnRunner, Database]] = []
    first = open_database(database_url)
    await first.migrate()
    await first.close()

    def make(pipeline: Script | None = None, **changes: object) -> TurnRunner:
        database = open_database(database_url)
        runner = TurnRunner(pipeline or script, database, **changes)  # type: ignore[arg-type]  # named by the test
        runner.open()
        opened.append((runner, database))
        return runner

    yield make
    for runner, database in opened:
        await runner.close()
        await database.close()


@asynccontextmanager
async def patience() -> AsyncIterator[None]:
    """A limit for what must happen, on a machine however slow."""
    async with asyncio.timeout(120):
        yield


async def told(events: AsyncIterator[TurnEvent]) -> tuple[str, TurnEnded]:
    """Read a turn to its end; return its text and the last event."""
    text = ""
    async with patience():
        async for event in events:
            if isinstance(event, TurnText):
                text += event.text
            elif isinstance(event, TurnEnded):
                return text, event
    raise AssertionError("a turn was not told to its end")


async def heard(events: AsyncIterator[TurnEvent], wanted: str) -> str:
    """Read until a text was told; return all so far."""
    text = ""
    async with patience():
        async for event in events:
            if isinstance(event, TurnText):
                text += event.text
                if wanted in text:
                    return text
    raise AssertionError(f"{wanted!r} was not told")
