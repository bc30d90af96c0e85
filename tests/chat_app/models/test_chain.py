"""What happens when models fail, are too busy or too dear: who answers then, what it says, and what is paid."""

from __future__ import annotations

import asyncio

import pytest

from chat_app.answerer import Evidence, Usage
from chat_app.models.breaker import Breakers
from chat_app.models.chain import ModelChain
from chat_app.models.closing import BROKE_OFF, CUT, FELL_BACK, OVER_BUDGET, STAYED_HERE
from chat_app.models.connection import Connection
from chat_app.models.profile import Plans
from chat_app.models.registry import Kind
from chat_app.question import Question
from tests.chat_app.models.conftest import (
    PATIENCE,
    QUESTION,
    Purse,
    Rig,
    bedrock_connection,
    chain_of,
    model,
    openai_connection,
    told,
)
from tests.doubles.bedrock_double import BedrockDouble
from tests.doubles.openai_double import ProviderDouble

pytestmark = pytest.mark.slow


async def test_the_first_model_answers_and_is_named(rig: Rig, evidence: Evidence) -> None:
    purse = Purse()
    chain = chain_of(rig.model("good"), rig.model("other"), connections={rig.kind: rig.connection}, purse=purse)
    answer = await told(chain, evidence)
    assert answer.text == rig.double.text
    assert answer.wrote.model == "Good"
    assert answer.wrote.usage == Usage(120, 9, 20)
    assert answer.wrote.cost == 0.5
    assert answer.wrote.notes == ()
    assert answer.wrote.whole
    assert purse.settled == [("good", Usage(120, 9, 20))]


@pytest.mark.parametrize(
    ("first", "why"),
    [
        ("429", "limits how often"),
        ("500", "failed"),
        ("404", "does not know the model"),
        ("empty", "without a word"),
        ("refuses-at-once", "failed"),
    ],
)
async def test_the_next_model_answers_where_the_first_fails_and_it_is_said(
    rig: Rig, evidence: Evidence, first: str, why: str
) -> None:
    chain = chain_of(rig.model(first), rig.model("good"), connections={rig.kind: rig.connection})
    answer = await told(chain, evidence)
    assert answer.text == rig.double.text
    assert answer.wrote.model == "Good"
    assert len(answer.wrote.notes) == 1
    assert why in answer.wrote.notes[0]
    assert first.title() in answer.wrote.notes[0]


async def test_another_provider_answers_where_one_stays_silent(
    openai_double: ProviderDouble, bedrock_double: BedrockDouble, evidence: Evidence
) -> None:
    """Here the client's own time-out is short, so that no wait of ours tells a slow machine from a silent one."""
    connections: dict[str, Connection] = {
        "openai": openai_connection(openai_double, silence_seconds=0.5),
        "bedrock": bedrock_connection(bedrock_double),
    }
    chain = chain_of(
        model("silent", Kind.OPENAI), model("good", Kind.OPENAI), model("other", Kind.BEDROCK), connections=connections
    )
    answer = await told(chain, evidence)
    await chain.aclose()
    assert answer.wrote.notes == ("Silent did not answer: the language model did not answer in time.",)
    assert answer.wrote.model == "Other"
    assert [body["model"] for body in openai_double.asked] == ["silent"]


async def test_quotes_answer_where_no_model_does(rig: Rig, evidence: Evidence) -> None:
    purse = Purse()
    chain = chain_of(rig.model("500"), rig.model("429"), connections={rig.kind: rig.connection}, purse=purse)
    answer = await told(chain, evidence)
    assert "[1]" in answer.text
    assert answer.text.endswith(FELL_BACK)
    assert answer.wrote.model == "quotes only"
    assert len(answer.wrote.notes) == 2
    assert purse.released == ["500", "429"]
    assert purse.settled == []


@pytest.mark.parametrize("name", ["broken", "error"])
async def test_a_failure_in_mid_answer_ends_it_and_never_mixes_two_models(
    rig: Rig, evidence: Evidence, name: str
) -> None:
    purse = Purse()
    chain = chain_of(rig.model(name), rig.model("good"), connections={rig.kind: rig.connection}, purse=purse)
    answer = await told(chain, evidence)
    assert answer.text == f"{rig.double.text[:14]}\n\n{BROKE_OFF}"
    assert answer.wrote.model == name.title()
    assert not answer.wrote.whole
    assert "not complete" in answer.wrote.notes[0]
    assert len(rig.double.asked) == 1
    ((_, used),) = purse.settled
    assert used.input_tokens > 50
    assert 0 < used.output_tokens < 20


async def test_an_answer_that_grows_too_long_says_that_it_is_cut(rig: Rig, evidence: Evidence) -> None:
    purse = Purse()
    rig.double.text = "```text\nsyrup = 2 * sugar + 1 * water"
    chain = chain_of(rig.model("long-winded"), connections={rig.kind: rig.connection}, purse=purse)
    answer = await told(chain, evidence)
    assert answer.text == f"{rig.double.text[:14]}\n```\n\n{CUT}"
    assert not answer.wrote.whole
    assert "longest answer" in answer.wrote.notes[0]
    assert purse.settled == [("long-winded", Usage(120, 9, 20))]


async def test_a_short_throttle_is_waited_for(rig: Rig, evidence: Evidence) -> None:
    chain = chain_of(rig.model("throttled-once"), rig.model("good"), connections={rig.kind: rig.connection})
    answer = await told(chain, evidence)
    assert answer.wrote.model == "Throttled-Once"
    assert answer.wrote.notes == ()
    assert len(rig.double.asked) == 2


async def test_a_long_throttle_leaves_that_model_alone_and_no_other(rig: Rig, evidence: Evidence) -> None:
    chain = chain_of(rig.model("throttled-long"), rig.model("good"), connections={rig.kind: rig.connection})
    first = await told(chain, evidence)
    second = await told(chain, evidence)
    assert first.wrote.model == second.wrote.model == "Good"
    assert "left alone" in second.wrote.notes[0]
    assert [body["model"] for body in rig.double.asked] == ["throttled-long", "good", "good"]


async def test_a_provider_that_keeps_failing_is_left_alone(rig: Rig, evidence: Evidence) -> None:
    chain = chain_of(
        rig.model("500"), connections={rig.kind: rig.connection}, breakers=Breakers(failures=2, seconds=3600)
    )
    answers = [await told(chain, evidence) for _ in range(4)]
    assert len(rig.double.asked) == 2
    assert all(answer.wrote.model == "quotes only" for answer in answers)


async def test_a_refused_key_is_not_tried_again_and_again(rig: Rig, evidence: Evidence) -> None:
    chain = chain_of(rig.model("401"), rig.model("good"), connections={rig.kind: rig.connection})
    await told(chain, evidence)
    await told(chain, evidence)
    assert [body["model"] for body in rig.double.asked] == ["401"]


async def test_a_provider_that_works_again_is_asked_again(rig: Rig, evidence: Evidence) -> None:
    breakers = Breakers(failures=1, seconds=-1)
    chain = chain_of(rig.model("500"), rig.model("good"), connections={rig.kind: rig.connection}, breakers=breakers)
    for _ in range(2):
        assert (await told(chain, evidence)).wrote.model == "Good"
    assert len(rig.double.asked) == 4


async def test_a_cheaper_model_answers_where_the_budget_refuses_one(rig: Rig, evidence: Evidence) -> None:
    chain = chain_of(
        rig.model("dear"), rig.model("good"), connections={rig.kind: rig.connection}, purse=Purse(refused={"dear"})
    )
    answer = await told(chain, evidence)
    assert answer.wrote.model == "Good"
    assert answer.wrote.notes == ("Dear was not asked: the budget is used up.",)


async def test_quotes_answer_where_nothing_can_be_paid(rig: Rig, evidence: Evidence) -> None:
    chain = chain_of(rig.model("dear"), connections={rig.kind: rig.connection}, purse=Purse(refused={"dear"}))
    answer = await told(chain, evidence)
    assert answer.text.endswith(OVER_BUDGET)
    assert rig.double.asked == []


async def test_tokens_are_estimated_where_the_provider_does_not_count(rig: Rig, evidence: Evidence) -> None:
    purse = Purse()
    chain = chain_of(rig.model("uncounted"), connections={rig.kind: rig.connection}, purse=purse)
    answer = await told(chain, evidence)
    assert answer.wrote.usage.input_tokens > 100
    assert 5 <= answer.wrote.usage.output_tokens <= 15
    assert purse.settled == [("uncounted", answer.wrote.usage)]


async def test_who_stops_listening_pays_for_what_was_used(rig: Rig, evidence: Evidence) -> None:
    purse = Purse()
    chain = chain_of(rig.model("stalls"), connections={rig.kind: rig.connection}, purse=purse)
    answer = chain.stream(QUESTION, evidence)
    assert await anext(answer)
    await answer.aclose()
    ((name, used),) = purse.settled
    assert name == "stalls"
    assert used.output_tokens > 0
    assert await asyncio.to_thread(rig.double.wait_for_disconnects)


async def test_a_cancelled_turn_settles_too(rig: Rig, evidence: Evidence) -> None:
    purse = Purse()
    chain = chain_of(rig.model("stalls"), connections={rig.kind: rig.connection}, purse=purse)
    task = asyncio.create_task(told(chain, evidence))
    assert await asyncio.to_thread(rig.double.wait_for_requests)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert [name for name, _ in purse.settled] == ["stalls"]


async def test_private_questions_never_leave(rig: Rig, evidence: Evidence) -> None:
    chain = chain_of(rig.model("good"), connections={rig.kind: rig.connection})
    answer = await told(chain, evidence, Question(QUESTION.text, profile="private"))
    completion = await chain.complete("s", "u", question=Question("x", profile="private"))
    assert answer.wrote.model == "quotes only"
    assert answer.text.endswith(STAYED_HERE)
    assert completion is None
    assert rig.double.asked == []


async def test_nothing_leaves_where_private_is_what_nobody_has_to_choose(rig: Rig, evidence: Evidence) -> None:
    outside = (rig.model("good"),)
    plans = Plans({"fast": outside, "best": outside, "private": ()}, default="private", router=True)
    chain = ModelChain(plans, {rig.kind: rig.connection}, silence_seconds=PATIENCE)
    for profile in ("", "private", "unheard of"):
        asked = Question(QUESTION.text, profile=profile)
        assert (await told(chain, evidence, asked)).text.endswith(STAYED_HERE)
        assert await chain.complete("s", "u", question=asked) is None
    assert rig.double.asked == []


async def test_a_question_that_no_context_holds_is_not_sent(rig: Rig, evidence: Evidence) -> None:
    chain = chain_of(rig.model("good"), connections={rig.kind: rig.connection})
    answer = await told(chain, evidence, Question("bees swarm " * 40_000))
    assert rig.double.asked == []
    assert "longer than it can read" in answer.wrote.notes[0]


async def test_every_answer_of_many_at_once_is_whole_and_settled(rig: Rig, evidence: Evidence) -> None:
    rig.double.delay = 0.005
    purse = Purse()
    chain = chain_of(rig.model("good"), connections={rig.kind: rig.connection}, purse=purse)
    answers = await asyncio.gather(*(told(chain, evidence) for _ in range(50)))
    assert all(answer.text == rig.double.text for answer in answers)
    assert len(purse.settled) == 50
