"""Turns that outlive their client: one suite over SQLite and PostgreSQL."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from chat_app.question import Asker, Question
from chat_app.store.turn_eraser import TurnEraser
from chat_app.turns.error import Draining, TooManyTurns, UnknownThread, UnknownTurn
from chat_app.turns.event import TurnSearched, TurnState
from data_contracts.identity import text_hash
from tests.chat_app.conftest import SITE
from tests.chat_app.turns.conftest import Replica, Script, heard, patience, told

ADA = Asker(user="ada", session="s1")
ASKED = Question("When do bees swarm?", asker=ADA)


async def test_a_turn_is_told_as_it_grows_and_kept_whole(replica: Replica, script: Script) -> None:
    runner = replica()
    turn_id = await runner.start(ASKED, "t1")
    events = runner.follow(turn_id)
    searched = await anext(events)
    assert isinstance(searched, TurnSearched)
    assert searched.places[0] == "Keeping bees › Swarming · similarity 0.50"
    script.say("In late ")
    assert await heard(events, "late ") == "In late "
    script.say("spring [1].")
    script.finish()
    text, ended = await told(events)
    assert (text, ended.state, ended.is_kept) == ("spring [1].", TurnState.DONE, True)
    assert ended.answer is not None
    again, kept = await told(replica().follow(turn_id))
    assert (again, kept) == ("", ended)
    row = await runner.store.turn(turn_id)
    assert row is not None
    assert [row[name] for name in ("model", "input_tokens", "output_tokens", "cached_tokens", "cost", "user")] == [
        "script", 100, 20, 5, 0.0125, "ada",
    ]  # fmt: skip


async def test_a_client_that_goes_away_loses_nothing(replica: Replica, script: Script) -> None:
    runner = replica()
    turn_id = await runner.start(ASKED, "t1")
    events = runner.follow(turn_id)
    script.say("first ")
    await heard(events, "first")
    await events.aclose()  # type: ignore[attr-defined]  # a generator
    script.say("second")
    script.finish()
    text, ended = await told(runner.follow(turn_id, after=len("first ")))
    assert ended.said == "first second"
    assert text in ("second", "")  # told from memory, or from the database once it ended


async def test_a_turn_is_followed_on_another_replica(replica: Replica, script: Script) -> None:
    here, there = replica(), replica(Script())
    turn_id = await here.start(ASKED, "t1")
    script.say("one ")
    events = there.follow(turn_id)
    assert isinstance(await anext(events), TurnSearched)
    assert await heard(events, "one ") == "one "
    script.say("two ")
    assert await heard(events, "two ") == "two "
    script.finish()
    _, ended = await told(events)
    assert (ended.state, ended.said) == (TurnState.DONE, "one two")
    assert ended.answer is not None
    assert ended.answer.citations[0].passage.heading_path == ("Keeping bees", "Feeding")


async def test_a_turn_is_stopped_from_any_replica_and_keeps_what_was_said(replica: Replica, script: Script) -> None:
    here, there = replica(), replica(Script())
    for stopper in (here, there):
        turn_id = await here.start(ASKED, f"t-{stopper.id}")
        script.say("half an ")
        events = here.follow(turn_id)
        await heard(events, "half an ")
        await stopper.stop(turn_id)
        _, ended = await told(events)
        assert (ended.state, ended.said.startswith("half an "), ended.answer) == (TurnState.STOPPED, True, None)
        assert (await told(there.follow(turn_id)))[1] == ended
        await stopper.stop(turn_id)
    assert script.closed == 2


async def test_a_failure_is_told_behind_what_was_said(replica: Replica, script: Script) -> None:
    runner = replica()
    turn_id = await runner.start(ASKED, "t1")
    script.say("It begins ")
    script.fail()
    _, ended = await told(runner.follow(turn_id))
    assert (ended.state, ended.said) == (TurnState.FAILED, "It begins ")
    assert "cannot be reached" in str(ended.error)
    assert (await told(replica().follow(turn_id)))[1].error == ended.error


async def test_a_bug_is_told_without_its_details(
    replica: Replica, script: Script, caplog: pytest.LogCaptureFixture
) -> None:
    runner = replica()
    turn_id = await runner.start(ASKED, "t1")
    script.fail(KeyError("internal detail"))
    _, ended = await told(runner.follow(turn_id))
    assert ended.state is TurnState.FAILED
    assert "internal detail" not in str(ended.error)
    assert "internal detail" in caplog.text


async def test_a_follow_up_knows_what_was_said_and_from_what(replica: Replica, script: Script) -> None:
    runner = replica()
    script.say("In late spring [1].")
    script.finish()
    await told(runner.follow(await runner.start(ASKED, "t1")))
    await told(runner.follow(await runner.start(Question("And how is that prevented?", asker=ADA), "t1")))
    await told(runner.follow(await runner.start(Question("And then?", asker=ADA), "t1")))
    first, second = script.questions[2].history
    assert (first.question, first.standalone, first.answer) == (
        "When do bees swarm?", "When do bees swarm? (in full)", "In late spring [1].",
    )  # fmt: skip
    assert [passage.heading_path[-1] for passage in second.passages] == ["Feeding", "Swarming", "Smoking", "Winter"]
    assert script.questions[0].history == []


@pytest.mark.parametrize("other", [Asker(user="eve"), Asker(session="s1"), Asker(user="eve", session="s1")])
async def test_nobody_asks_in_anothers_thread(replica: Replica, script: Script, other: Asker) -> None:
    runner = replica()
    script.finish()
    await told(runner.follow(await runner.start(ASKED, "t1")))
    with pytest.raises(UnknownThread):
        await runner.start(Question("What did she ask?", asker=other), "t1")


async def test_a_turn_that_nobody_knows_is_told_so(replica: Replica) -> None:
    with pytest.raises(UnknownTurn, match="ask again"):
        await told(replica().follow("nothing"))


async def test_a_slow_follower_delays_nobody_and_misses_nothing(replica: Replica, script: Script) -> None:
    runner = replica()
    turn_id = await runner.start(ASKED, "t1")
    stalled = runner.follow(turn_id)
    await anext(stalled)
    swift = runner.follow(turn_id)
    for number in range(200):
        script.say(f"{number} ")
        if number % 20 == 0:
            await heard(swift, f"{number} ")
            await swift.aclose()  # type: ignore[attr-defined]  # a generator
            swift = runner.follow(turn_id)
    script.finish()
    whole = "".join(f"{number} " for number in range(200))
    _, ended = await told(swift)
    assert ended.said == whole.strip()
    text, late = await told(stalled)
    assert (text, late.answer) == (whole, ended.answer)


async def test_an_erased_page_takes_the_answers_with_it_that_quote_it(replica: Replica, script: Script) -> None:
    runner = replica()
    script.say("In late spring [1].")
    turn_id = await runner.start(ASKED, "t1")
    await heard(runner.follow(turn_id), "spring")
    script.finish()
    await told(runner.follow(turn_id))
    eraser = TurnEraser(runner.store.database)
    now = datetime.now(UTC)
    assert await eraser.erase("bees", [text_hash("https://other.example")], before=now) == 0
    assert await eraser.erase("ants", None, before=now) == 0
    assert await eraser.erase("bees", [text_hash(SITE)], before=now - timedelta(days=1)) == 0
    assert await eraser.erase("bees", [text_hash(SITE)], before=now) == 1
    assert await eraser.erase("bees", None, before=now) == 0
    _, ended = await told(runner.follow(turn_id))
    assert (ended.said, ended.answer) == ("", None)
    assert "erased" in str(ended.error)
    await told(runner.follow(await runner.start(Question("And then?", asker=ADA), "t1")))
    assert script.questions[-1].history == []


async def test_too_many_turns_at_once_are_refused(replica: Replica, script: Script) -> None:
    runner = replica(most=2)
    for number in range(2):
        await runner.start(ASKED, f"t{number}")
    with pytest.raises(TooManyTurns, match="in a minute"):
        await runner.start(ASKED, "t2")
    assert runner.running == 2


async def test_a_process_that_drains_finishes_what_it_began(replica: Replica, script: Script) -> None:
    runner = replica()
    turn_id = await runner.start(ASKED, "t1")
    script.say("almost ")
    closing = asyncio.create_task(runner.close(seconds=100))
    await asyncio.sleep(0)  # it begins to drain at once
    with pytest.raises(Draining, match="Ask again"):
        await runner.start(ASKED, "t2")
    script.say("done")
    script.finish()
    async with patience():
        await closing
    _, ended = await told(replica(Script()).follow(turn_id))
    assert (ended.state, ended.said) == (TurnState.DONE, "almost done")


async def test_what_still_runs_when_the_process_ends_is_told_as_lost(replica: Replica, script: Script) -> None:
    runner = replica()
    turn_id = await runner.start(ASKED, "t1")
    script.say("half")
    await heard(runner.follow(turn_id), "half")
    async with patience():
        await runner.close(seconds=0)
    _, ended = await told(replica(Script()).follow(turn_id))
    assert (ended.state, ended.said) == (TurnState.LOST, "half")
    assert "ask again" in str(ended.error)


async def test_two_hundred_turns_at_once_are_all_kept(replica: Replica, script: Script) -> None:
    runner = replica()
    turn_ids = await asyncio.gather(*(runner.start(ASKED, f"t{number}") for number in range(200)))
    script.say("word " * 50)
    script.finish()
    ended = await asyncio.gather(*(told(runner.follow(turn_id)) for turn_id in turn_ids))
    assert {(end.state, end.is_kept) for _, end in ended} == {(TurnState.DONE, True)}
