"""What the running chat is made of, opened once and shared by the server and the conversation."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass, field

from chat_app.answer import AnswerPipeline
from chat_app.money.opening import open_money
from chat_app.people.people import People
from chat_app.pipeline import open_pipeline
from chat_app.rate_limit import RateLimit
from chat_app.settings import ChatSettings
from chat_app.store.database import Database, open_database
from chat_app.store.erasing import Erasing
from chat_app.store.error import DatabaseError
from chat_app.store.turn_eraser import TurnEraser
from chat_app.telemetry import Telemetry, open_telemetry
from chat_app.turn_log import TurnLog
from chat_app.turns.runner import TurnRunner
from chat_app.upkeep import Upkeep
from lake import Lake
from retrieval.error import RetrievalError
from retrieval.vector_store import ReleaseManifest, VectorStore

_LOG = logging.getLogger(__name__)
_LOOK_AGAIN_SECONDS = 2.0
_DATABASE_SECONDS = 5.0


@dataclass
class ChatService:
    """`lake` and `store` are what answers are traced through. `problem` says why questions cannot be answered yet; None
    when they can."""

    settings: ChatSettings
    lake: Lake
    store: VectorStore
    pipeline: AnswerPipeline
    turns: TurnLog
    limit: RateLimit
    database: Database
    people: People
    runner: TurnRunner
    telemetry: Telemetry
    upkeep: Upkeep
    problem: str | None = field(default="still loading")
    is_migrated: bool = False

    @classmethod
    def open(cls, settings: ChatSettings) -> ChatService:
        """Open what is cheap to open; the model and the index are loaded by `warm`."""
        lake = settings.lake()
        limit = RateLimit(settings.questions_per_minute)
        database = open_database(settings.database_place)
        telemetry = open_telemetry(
            settings.otlp_endpoint,
            with_text=settings.trace_questions,
            stage=settings.metrics_stage if settings.metrics else "",
        )
        store = settings.store()
        money = open_money(settings, database, store.sources)
        pipeline = open_pipeline(settings, money=money)
        pipeline.telemetry = telemetry
        people = People(settings, database, secret=settings.session_secret(), live=pipeline.library.sources)
        pipeline.library.restricted = people.access.restricted
        turns = TurnLog(lake)
        upkeep = Upkeep(Erasing(lake, [money.cache, TurnEraser(database)]), money.ledger, database)
        runner = TurnRunner(pipeline, database, keep=turns.keep, most=settings.turns_at_once)
        return cls(settings, lake, store, pipeline, turns, limit, database, people, runner, telemetry, upkeep)

    async def prepare_database(self) -> None:
        """Bring the database's tables up to date, as soon as it can be reached."""
        while not self.is_migrated:
            try:
                await self.database.migrate()
                self.is_migrated = True
                self.runner.open()
            except DatabaseError as error:
                _LOG.error("not ready: %s", error)
                await asyncio.sleep(_LOOK_AGAIN_SECONDS)

    async def keep_up(self) -> None:
        """Bring the database up to date, then do what it needs from time to time."""
        await self.prepare_database()
        await self.upkeep.run()

    async def database_problem(self) -> str | None:
        """Say why the database cannot be used; None when it answers."""
        if not self.is_migrated:
            return "the database is not prepared yet"
        try:
            async with asyncio.timeout(_DATABASE_SECONDS), self.database.connection() as connection:
                await connection.exec_driver_sql("SELECT 1")
        except (DatabaseError, TimeoutError) as error:
            _LOG.error("not ready: %s", error)
            return "the database does not answer"
        return None

    async def close(self) -> None:
        """Write and send what waits, and let go of the providers and the database."""
        await self.runner.close()
        await self.pipeline.answerer.aclose()
        await self.pipeline.library.close()
        self.pipeline.shields.close()
        await asyncio.to_thread(self.turns.close)
        await asyncio.to_thread(self.telemetry.close)
        await asyncio.to_thread(self.store.close)
        await self.database.close()

    async def warm(self) -> None:
        """Load the model and the index by asking something, so that the first person does not wait for them; where
        there is no index yet, as soon as there is one."""
        while True:
            if await self._is_loaded():
                return
            await asyncio.sleep(_LOOK_AGAIN_SECONDS)

    async def _is_loaded(self) -> bool:
        library = self.pipeline.library
        try:
            everything = frozenset(await library.sources())
            found = await library.search("warm", readable=everything, limit=1)
            await asyncio.to_thread(found.embedder.embed_passages, ["warm"])
            await asyncio.to_thread(self.pipeline.answerer.prepare)
        except RetrievalError as error:
            if self.problem != str(error):
                _LOG.warning("not ready: %s", error)
            self.problem = str(error)
            return False
        self.problem = None
        return True

    async def state(self, readable: frozenset[str] | None = None) -> tuple[str | None, list[ReleaseManifest]]:
        """Return (why no question can be answered, or None; the live releases that somebody may read, None for those
        that are everybody's)."""
        try:
            return self.problem, await self.pipeline.library.releases(readable=readable)
        except RetrievalError as error:
            return self.problem or str(error), []


_installed: list[ChatService] = []


def install(service: ChatService) -> None:
    """Make a service the one that the conversation uses: the toolkit has one conversation per process."""
    _installed[:] = [service]


def installed() -> ChatService:
    """Return the service that was installed."""
    return _installed[0]
