"""Runs turns in the background: a client that goes away loses nothing, and any replica can tell what was said."""

from __future__ import annotations

import asyncio
import logging
import uuid
from collections.abc import AsyncGenerator, AsyncIterator, Coroutine, Sequence
from contextlib import aclosing, suppress
from dataclasses import replace

from chat_app.answer import Answer, Searched
from chat_app.error import ChatError
from chat_app.grouping import grouped
from chat_app.keep_going import keep_going
from chat_app.question import Asker, Exchange, Question
from chat_app.store.database import Database
from chat_app.store.error import DatabaseUnavailable
from chat_app.store.turn_store import TurnStore
from chat_app.turns.count import Count
from chat_app.turns.error import Draining, TooManyTurns, UnknownThread
from chat_app.turns.event import TurnEvent, TurnSearched, TurnState
from chat_app.turns.journal import Journal
from chat_app.turns.kept_turn import follow_kept
from chat_app.turns.live_turn import LiveTurn, storable
from chat_app.turns.lost_turns import LOST, LostTurns
from chat_app.turns.pipeline import Pipeline, TurnKeeper
from chat_app.turns.turn_row import FoundTurn, exchanges, found_turn
from retrieval.error import RetrievalError

_LOG = logging.getLogger(__name__)
_KEEP_SECONDS = 3.0
_LOST_SECONDS = 10.0
_UNKEPT = 200
_CLOSE_SECONDS = 10.0

_BROKEN = "**Something went wrong in the server.** Ask again; if it happens again, tell whoever runs this chat."
_DRAINING = "**This server is being restarted.** Ask again in a few seconds."
_TOO_MANY = "**The server answers as many questions as it can at the moment.** Ask again in a minute."
_NOT_YOURS = "**This conversation is somebody else's.** Begin a new one."


class TurnRunner:
    """`most` turns run at once in this process; a turn that its process has not been heard of for `lost_seconds` is
    told as lost. Before `open` is called nothing is kept."""

    def __init__(
        self,
        pipeline: Pipeline,
        database: Database,
        *,
        keep: TurnKeeper | None = None,
        most: int = 500,
        lost_seconds: float = _LOST_SECONDS,
    ) -> None:
        self.id = uuid.uuid4().hex
        self.store = TurnStore(database)
        self._pipeline = pipeline
        self._keep = keep
        self._most = most
        self._live: dict[str, LiveTurn] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._followers = Count()
        self._journal = Journal(self.store, self.id, self._stop_live)
        self._lost = LostTurns(self.store, self.id, seconds=lost_seconds)
        self._background: list[asyncio.Task[None]] = []
        self.is_draining = False

    @property
    def running(self) -> int:
        """How many turns run in this process."""
        return len(self._tasks)

    @property
    def problem(self) -> str | None:
        """Why turns are not kept at the moment, for the operator; None when they are."""
        return self._journal.problem

    def open(self) -> None:
        """Begin to write and to look after turns; the tables must be there."""
        self._journal.is_open = True
        self._background = [asyncio.create_task(keep_going(part.run)) for part in (self._journal, self._lost)]

    async def start(self, question: Question, thread_id: str, *, turn_id: str | None = None) -> str:
        """Begin a turn and return its id. Its history is filled from the thread unless the question brings its own.

        Errors: Draining, TooManyTurns, UnknownThread. A database that fails is no error: the turn is answered, and its
        end says that it is not kept.
        """
        if self.is_draining:
            raise Draining(_DRAINING)
        if len(self._tasks) >= self._most:
            raise TooManyTurns(_TOO_MANY)
        question = replace(question, text=storable(question.text))
        turn = LiveTurn(turn_id or uuid.uuid4().hex, thread_id, question)
        history = await self._history(question.asker, thread_id)
        if not question.history:
            turn.question = replace(question, history=history)
        self._live[turn.id] = turn
        turn.task = asyncio.create_task(self._run(turn))
        self._tasks.add(turn.task)
        turn.task.add_done_callback(self._tasks.discard)
        await _within(self._journal.begin(turn))
        return turn.id

    async def follow(self, turn_id: str, after: int = 0) -> AsyncIterator[TurnEvent]:
        """Yield what the turn said beyond `after` characters and all that comes, and its end as the last event. Ending
        the iteration does not end the turn. Errors: UnknownTurn."""
        turn = self._live.get(turn_id)
        events = follow_kept(self.store, turn_id, after) if turn is None else turn.follow(after)
        with self._followers:
            async for event in events:
                yield event

    async def find(self, turn_id: str) -> FoundTurn | None:
        """Return a turn with whose it is, None where there is none. Errors: DatabaseUnavailable."""
        if (turn := self._live.get(turn_id)) is not None:
            asker = turn.question.asker
            return FoundTurn(asker.user or asker.session, turn.answer, turn.searched)
        row = await self.store.turn(turn_id)
        return None if row is None else found_turn(dict(row))

    async def stop(self, turn_id: str) -> None:
        """End a turn, wherever it runs; what was said is kept. Nothing happens to one that ended."""
        turn = self._live.get(turn_id)
        if turn is not None:
            self._stop_live(turn)
            return
        try:
            await self.store.want_stop(turn_id)
        except DatabaseUnavailable as error:
            _LOG.warning("a turn could not be stopped: %s", error)

    async def drain(self, seconds: float) -> None:
        """Take no more questions, and let the running ones finish and be told, for so long at most."""
        self.is_draining = True
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                if self._tasks:
                    await asyncio.wait(set(self._tasks))
                await self._followers.none()

    async def close(self, seconds: float = 0.0) -> None:
        """Drain; what still runs then is ended as lost. Write what is left."""
        await self.drain(seconds)
        left = set(self._tasks)
        for turn in list(self._live.values()):
            if turn.task in left and turn.task is not None and turn.state is TurnState.RUNNING:
                turn.end(TurnState.LOST, error=LOST)
                turn.task.cancel()
        if left:
            await asyncio.wait(left)
        self._journal.stop()
        self._lost.stop()
        if self._background:
            _, hanging = await asyncio.wait(self._background, timeout=_CLOSE_SECONDS)
            for task in hanging:
                task.cancel()

    def _stop_live(self, turn: LiveTurn) -> None:
        if turn.state is TurnState.RUNNING and turn.task is not None:
            turn.end(TurnState.STOPPED)
            turn.task.cancel()

    async def _run(self, turn: LiveTurn) -> None:
        try:
            await self._answer(turn)
        except asyncio.CancelledError:
            if turn.state is TurnState.RUNNING:  # the loop itself ends
                turn.end(TurnState.LOST, error=LOST)
        except (ChatError, RetrievalError) as error:
            turn.end(TurnState.FAILED, error=str(error), cause=error)
        except Exception:  # whoever follows must hear of it, whatever it was
            _LOG.exception("a turn failed")
            turn.end(TurnState.FAILED, error=_BROKEN)
        await self._finish(turn)

    async def _answer(self, turn: LiveTurn) -> None:
        answers: list[Answer] = []
        events = self._pipeline.stream(turn.question)
        async with aclosing(events), aclosing(grouped(_texts(events, turn, answers))) as texts:
            async for text in texts:
                turn.say(text)
        if turn.state is TurnState.RUNNING:
            turn.end(TurnState.DONE, answer=answers[0])

    async def _finish(self, turn: LiveTurn) -> None:
        """Keep the turn, then tell its followers: what they link to is there by then."""
        if turn.answer is not None and self._keep is not None:
            self._keep(turn, turn.answer)
        turn.is_kept = await _within(self._journal.end(turn))
        turn.tell_end()
        if turn.is_kept:
            self._live.pop(turn.id, None)
        else:
            self._forget_unkept()

    def _forget_unkept(self) -> None:
        """Those that are kept are told from the database; of the others the last ones are told from memory."""
        ended = [turn.id for turn in self._live.values() if turn.is_told]
        for turn_id in ended[: max(0, len(ended) - _UNKEPT)]:
            del self._live[turn_id]

    async def _history(self, asker: Asker, thread_id: str) -> Sequence[Exchange]:
        """What was said in the thread. Errors: UnknownThread."""
        if self._journal.problem is not None or not self._journal.is_open:
            return ()
        try:
            thread, rows = await self.store.before(thread_id)
        except DatabaseUnavailable as error:
            _LOG.warning("a thread cannot be read: %s", error)
            return ()
        if thread is not None and not _is_of(asker, thread["owner"], thread["visitor"]):
            raise UnknownThread(_NOT_YOURS)
        return exchanges(rows)


def _is_of(asker: Asker, owner: str, visitor: str) -> bool:
    return asker.user == owner and (bool(owner) or asker.session == visitor)


async def _within(writing: Coroutine[None, None, bool]) -> bool:
    """Whether something was written soon: a database that hangs does not hold up who asked."""
    try:
        async with asyncio.timeout(_KEEP_SECONDS):
            return await writing
    except TimeoutError:
        return False


async def _texts(
    events: AsyncGenerator[Searched | str | Answer, None], turn: LiveTurn, answers: list[Answer]
) -> AsyncGenerator[str, None]:
    async for event in events:
        if isinstance(event, str):
            yield event
        elif isinstance(event, Answer):
            answers.append(event)
            turn.quotes([*(cited.passage for cited in event.citations), *(found.passage for found in event.passages)])
        elif isinstance(event, Searched):
            turn.quotes([found.passage for found in event.passages])
            turn.search_done(TurnSearched.of(event))
