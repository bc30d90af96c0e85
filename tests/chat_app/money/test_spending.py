"""Budgets and kept answers through the whole pipeline, over a real model server, index and database."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import select

from chat_app.answer import Answer, AnswerPipeline
from chat_app.money.opening import open_money, pipeline_once
from chat_app.money.schema import money_accounts
from chat_app.question import Asker, Exchange, Question
from chat_app.settings import ChatSettings
from chat_app.store.database import open_database
from chat_app.store.erasing import Erasing
from chat_app.upkeep import Upkeep
from lake.erased import keep_out
from retrieval.vector_store import ReleaseManifest
from tests.chat_app.conftest import BODIES, SITE
from tests.doubles.openai_double import ProviderDouble

pytestmark = pytest.mark.slow

SWARMS = "A colony swarms in late spring when the hive is too crowded [1]."
QUESTION = Question("When does a colony swarm?", asker=Asker(user="ada", session="s1"))
PRICES = "dear=1000/1000,cheap=1/1"


@pytest.fixture
def settings(
    provider: ProviderDouble, make_settings: Callable[..., ChatSettings], publish: Callable[..., ReleaseManifest]
) -> Callable[..., ChatSettings]:
    """Two models, one a thousand times dearer than the other, on an index of bees."""
    publish()
    provider.text = SWARMS

    def make(**changes: Any) -> ChatSettings:
        fixed: dict[str, Any] = {
            "openai_base_url": provider.url,
            "openai_api_key": "key",
            "fast_models": "dear,cheap",
            "best_models": "cheap",
            "model_prices": PRICES,
        }
        return make_settings(**(fixed | changes))

    return make


@pytest.fixture
async def pipeline(settings: Callable[..., ChatSettings]) -> AsyncIterator[AnswerPipeline]:
    async with pipeline_once(settings()) as opened:
        yield opened


def on_disk(settings: ChatSettings, text: str) -> bool:
    files = (settings.home / "chat").glob("chat.db*")
    return any(text.encode() in file.read_bytes() for file in files)


@pytest.mark.parametrize("level", ["session", "user", "source", "day"])
async def test_over_budget_a_cheaper_model_answers_then_quotes_and_each_says_so(
    settings: Callable[..., ChatSettings], level: str
) -> None:
    # "dear" would cost some dollars at most, "cheap" a thousandth of that
    limited = settings(**{f"budget_{level}": 0.02}, answer_cache=0)
    async with pipeline_once(limited) as pipeline:
        cheap = await pipeline.answer(QUESTION)
        assert cheap.model == "cheap"
        assert any("dear was not asked: the budget is used up" in note for note in cheap.notes)
        assert cheap.cost is not None
        assert 0 < cheap.cost < 0.02
    async with pipeline_once(settings(**{f"budget_{level}": 0.00001}, answer_cache=0)) as pipeline:
        quotes = await pipeline.answer(QUESTION)
        assert quotes.model == "quotes only"
        assert "budget" in quotes.text
        assert quotes.citations


async def test_a_follow_up_is_charged_to_those_sources_only_that_its_asker_may_read(
    settings: Callable[..., ChatSettings], publish: Callable[..., ReleaseManifest], provider: ProviderDouble
) -> None:
    publish(source="board", title="Minutes of the board")
    limited = settings(budget_source=100.0, answer_cache=0)
    asker = Asker(user="ada", session="s1", sources=frozenset({"bees"}))
    history = [Exchange("When does a colony swarm?", "When does a colony swarm?", "In late spring.")]
    async with pipeline_once(limited) as pipeline:
        await pipeline.answer(Question("How can I prevent it?", history=history, asker=asker))
    assert len(provider.asked) == 2
    database = open_database(limited.database_place)
    async with database.connection() as connection:
        charged = (await connection.execute(select(money_accounts.c.name))).scalars().all()
    await database.close()
    assert [name.split()[-1] for name in charged] == ["bees"]


async def test_a_follow_up_costs_what_putting_it_in_full_took_as_well(
    pipeline: AnswerPipeline, provider: ProviderDouble
) -> None:
    history = [Exchange("When does a colony swarm?", "When does a colony swarm?", "In late spring.")]
    answer = await pipeline.answer(replace(QUESTION, text="How can I prevent it?", history=history))
    assert len(provider.asked) == 2
    assert answer.cost == pytest.approx(2 * sum(provider.counts[:2]) / 1_000)
    again = await pipeline.answer(replace(QUESTION, text="How can I prevent it?", history=history))
    assert again.cached
    assert again.cost == pytest.approx(sum(provider.counts[:2]) / 1_000)


async def test_an_answer_tells_what_it_used_and_cost(pipeline: AnswerPipeline, provider: ProviderDouble) -> None:
    answer = await pipeline.answer(QUESTION)
    used = answer.usage
    assert (used.input_tokens, used.output_tokens, used.cached_tokens) == provider.counts
    assert answer.prices.startswith("own prices, then genai-prices ")
    assert answer.cost == pytest.approx((used.input_tokens + used.output_tokens) / 1_000)


async def test_the_same_question_is_answered_again_without_a_model(
    pipeline: AnswerPipeline, provider: ProviderDouble
) -> None:
    first = await pipeline.answer(QUESTION)
    other = Question("when does   a colony SWARM", asker=Asker(user="bob", session="s2"))
    again = await pipeline.answer(other)
    assert (first.cached, again.cached) == (False, True)
    assert (again.cost, again.usage.input_tokens) == (0.0, 0)
    assert (again.text, again.model, again.question) == (first.text, first.model, other.text)
    assert [citation.link for citation in again.citations] == [citation.link for citation in first.citations]
    assert len(provider.asked) == 1


async def test_a_new_process_gives_it_again(settings: Callable[..., ChatSettings], provider: ProviderDouble) -> None:
    for _ in range(2):
        async with pipeline_once(settings()) as pipeline:
            answer = await pipeline.answer(QUESTION)
    assert answer.cached
    assert len(provider.asked) == 1


async def test_a_recrawl_drops_the_answers_whose_passages_it_changed_and_no_others(
    settings: Callable[..., ChatSettings], provider: ProviderDouble, publish: Callable[..., ReleaseManifest]
) -> None:
    changed = settings(passages=1)
    async with pipeline_once(changed) as pipeline:
        await pipeline.answer(QUESTION)
        publish(BODIES | {"Winter": BODIES["Winter"] + " Put straw on the roof."})
        assert (await pipeline.answer(QUESTION)).cached
        publish(BODIES | {"Swarming": BODIES["Swarming"] + " Give them a box."})
        assert not (await pipeline.answer(QUESTION)).cached
    assert len(provider.asked) == 2


async def test_another_model_writes_its_own_answer(pipeline: AnswerPipeline) -> None:
    await pipeline.answer(QUESTION)
    assert not (await pipeline.answer(replace(QUESTION, profile="best"))).cached
    assert (await pipeline.answer(replace(QUESTION, profile="best"))).cached


async def test_an_answer_never_leaves_its_conversation(pipeline: AnswerPipeline) -> None:
    def later(answer: str) -> Question:
        return replace(QUESTION, history=[Exchange("Who am I?", "Who am I?", answer)])

    await pipeline.answer(later("You are Ada, and your hive is in Ghent."))
    assert not (await pipeline.answer(later("You are Bob."))).cached
    assert not (await pipeline.answer(QUESTION)).cached


@pytest.mark.parametrize(
    "text",
    [
        "Bees are robots from the planet Mars that swarm on Tuesdays [1].",
        "The passages do not answer this question.",
        "A colony swarms in late spring.",
    ],
    ids=["unsupported", "declined", "uncited"],
)
async def test_only_good_answers_are_kept(pipeline: AnswerPipeline, provider: ProviderDouble, text: str) -> None:
    provider.text = text
    await pipeline.answer(QUESTION)
    assert not (await pipeline.answer(QUESTION)).cached


async def test_an_answer_by_another_model_than_the_planned_one_is_not_kept(
    settings: Callable[..., ChatSettings],
) -> None:
    async with pipeline_once(settings(fast_models="500,cheap")) as pipeline:
        answers = [await pipeline.answer(QUESTION) for _ in range(2)]
    assert [answer.model for answer in answers] == ["cheap", "cheap"]
    assert not any(answer.cached for answer in answers)


async def test_the_cache_can_be_turned_off(settings: Callable[..., ChatSettings]) -> None:
    async with pipeline_once(settings(answer_cache=0)) as pipeline:
        answers = [await pipeline.answer(QUESTION) for _ in range(2)]
    assert not any(answer.cached for answer in answers)


async def test_erasing_a_page_forgets_the_answers_made_from_it_down_to_the_last_byte(
    settings: Callable[..., ChatSettings],
) -> None:
    chosen = settings()
    lake, database = chosen.lake(), open_database(chosen.database_place)
    money = open_money(chosen, database, list)
    async with pipeline_once(chosen) as pipeline:
        await pipeline.answer(QUESTION)
        assert on_disk(chosen, SWARMS)
        keep_out(lake, "bees", [SITE])
        await Upkeep(Erasing(lake, [money.cache]), money.ledger, database).once()
        assert not on_disk(chosen, SWARMS)
        assert not (await pipeline.answer(QUESTION)).cached
    await database.close()


async def test_where_the_database_is_away_quotes_answer_under_a_budget_and_a_model_without_one(
    settings: Callable[..., ChatSettings],
) -> None:
    nowhere = {"database_url": "postgresql://nobody@127.0.0.1:1/nothing"}
    async with pipeline_once(settings(**nowhere, budget_day=100.0)) as pipeline:
        limited: Answer = await pipeline.answer(QUESTION)
    assert limited.model == "quotes only"
    async with pipeline_once(settings(**nowhere)) as pipeline:
        assert (await pipeline.answer(QUESTION)).model == "dear"
