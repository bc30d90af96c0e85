"""Opens what belongs to money: the books of budgets, and answers that need not be paid twice."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from chat_app.answer_cache.answer_cache import AnswerCache
from chat_app.answer_cache.cached_answerer import CachedAnswerer
from chat_app.models.chain import ModelChain
from chat_app.money.ledger import Ledger
from chat_app.settings import ChatSettings
from chat_app.store.database import Database, open_database
from chat_app.store.error import DatabaseError

if TYPE_CHECKING:
    from chat_app.answer import AnswerPipeline
    from retrieval.vector_store import ReleaseReader

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Money:
    """`is_caching` says whether answers are given again; the cache is there to be erased from even where not."""

    ledger: Ledger
    cache: AnswerCache
    is_caching: bool

    def limit(self, pipeline: AnswerPipeline) -> None:
        """Have a pipeline's models ask for money first, and its answers given again."""
        chain = pipeline.answerer
        if not isinstance(chain, ModelChain):  # quotes are free
            return
        chain.allowance = self.ledger
        pipeline.prices = self.ledger.prices.version
        if self.is_caching:
            pipeline.cached = CachedAnswerer(chain, self.cache, chain.planned)


def open_money(settings: ChatSettings, database: Database, sources: Callable[[], Sequence[str]]) -> Money:
    """Return what the settings say, in a database whose tables are up to date before the first question. `sources`
    are all that can be asked."""
    prices = settings.prices(openai_url=settings.openai_base_url)
    ledger = Ledger(database, settings.budgets(), prices, sources=sources)
    cache = AnswerCache(database, most=settings.answer_cache, days=settings.answer_cache_days)
    return Money(ledger, cache, is_caching=settings.answer_cache > 0)


@asynccontextmanager
async def pipeline_once(settings: ChatSettings, reader: ReleaseReader | None = None) -> AsyncIterator[AnswerPipeline]:
    """A pipeline for a single question outside the running chat, on the same budgets and kept answers."""
    from chat_app.pipeline import open_pipeline

    pipeline = open_pipeline(settings, reader)
    try:
        async with _paid(settings, pipeline):
            yield pipeline
    finally:
        await pipeline.library.close()


@asynccontextmanager
async def _paid(settings: ChatSettings, pipeline: AnswerPipeline) -> AsyncIterator[None]:
    chain = pipeline.answerer
    if not isinstance(chain, ModelChain) or not any(chain.plans.models.values()):  # quotes are free
        yield
        return
    database, store = open_database(settings.database_place), settings.store()
    try:
        try:
            await database.migrate()
        except DatabaseError as error:
            _LOG.error("budgets cannot be kept: %s", error)
        open_money(settings, database, store.sources).limit(pipeline)
        yield
    finally:
        await chain.aclose()
        await database.close()
        await asyncio.to_thread(store.close)
