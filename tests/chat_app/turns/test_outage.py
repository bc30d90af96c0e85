"""A database that is away, full, or loses a process: answers go on, and what is missing is said."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import pytest
from sqlalchemy import event, text

from chat_app.question import Asker, Question
from chat_app.store.database import open_database
from chat_app.turns.event import TurnState
from chat_app.turns.runner import TurnRunner
from tests.chat_app.turns.conftest import Replica, Script, heard, patience, told

ASKED = Question("When do bees swarm?", asker=Asker(user="ada"))


async def test_an_answer_is_given_while_the_database_is_away(script: Script, caplog: pytest.LogCaptureFixture) -> None:
    database = open_database("postgresql://chat:Tops3cret@127.0.0.1:1/chat")
    runner = TurnRunner(script, database)
    runner.open()
    script.say("In late spring.")
    script.finish()
    turn_id = await runner.start(ASKED, "t1")
    said, ended = await told(runner.follow(turn_id))
    assert (said, ended.state, ended.is_kept) == ("In late spring.", TurnState.DONE, False)
    assert (await told(runner.follow(turn_id)))[1] == ended
    assert "127.0.0.1:1/chat" in str(runner.problem)
    assert "Tops3cret" not in caplog.text + str(runner.problem)
    await runner.close()
    await database.close()


async def test_an_answer_is_given_before_the_database_is_prepared(script: Script, tmp_path: Path) -> None:
    database = open_database(f"sqlite:///{tmp_path}/chat.db")
    runner = TurnRunner(script, database)
    script.finish()
    turn_id = await runner.start(ASKED, "t1")
    assert (await told(runner.follow(turn_id)))[1].is_kept is False
    await database.migrate()
    runner.open()
    await runner.close()
    assert await runner.store.turn(turn_id) is not None
    await database.close()


async def test_a_full_disk_costs_the_record_and_not_the_answer(script: Script, tmp_path: Path) -> None:
    database = open_database(f"sqlite:///{tmp_path}/chat.db")
    await database.migrate()
    async with database.connection() as connection:
        pages = (await connection.execute(text("PRAGMA page_count"))).scalar_one()
    await database.close()
    limit = f"PRAGMA max_page_count = {pages}"
    event.listen(database.engine.sync_engine, "connect", lambda connection, _: connection.cursor().execute(limit))
    runner = TurnRunner(script, database)
    runner.open()
    turn_id = await runner.start(ASKED, "t1")
    script.say("word " * 20_000)
    script.finish()
    said, ended = await told(runner.follow(turn_id))
    assert (len(said), ended.state, ended.is_kept) == (100_000, TurnState.DONE, False)
    assert "full" in str(runner.problem)
    await runner.close()
    await database.close()


DYING = """
import asyncio, sys
from chat_app.answer import Searched
from chat_app.question import Asker, Question
from chat_app.store.database import open_database
from chat_app.turns.runner import TurnRunner

class Endless:
    async def stream(self, question):
        yield Searched([], [], 1)
        yield "half an answer "
        await asyncio.Event().wait()

async def main():
    runner = TurnRunner(Endless(), open_database(sys.argv[1]))
    runner.open()
    print(await runner.start(Question("When?", asker=Asker(user="ada")), "t1"), flush=True)
    await asyncio.Event().wait()

asyncio.run(main())
"""


@pytest.mark.slow
async def test_a_turn_whose_process_was_killed_is_told_as_lost(
    replica: Replica, script: Script, database_url: str
) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", DYING, database_url, stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    turn_id = (await process.stdout.readline()).decode().strip()
    runner = replica(lost_seconds=5.0)
    events = runner.follow(turn_id)
    await heard(events, "half an answer ")
    process.kill()
    await process.wait()
    _, ended = await told(events)
    assert (ended.state, ended.said) == (TurnState.LOST, "half an answer ")
    assert "ask again" in str(ended.error)
    script.finish()
    await told(runner.follow(await runner.start(ASKED, "t1")))
    assert script.questions[-1].history == []


async def test_a_turn_that_runs_is_never_taken_for_lost(replica: Replica, script: Script) -> None:
    here, there = replica(), replica(Script(), lost_seconds=5.0)
    turn_id = await here.start(ASKED, "t1")
    script.say("it thinks ")
    events = there.follow(turn_id)
    await heard(events, "it thinks ")
    beats = set()
    async with patience():
        while len(beats) < 4:
            beats |= set((await there.store.beats_elsewhere(there.id)).values())
            await asyncio.sleep(0.1)
    script.finish()
    assert (await told(events))[1].state is TurnState.DONE


async def test_one_text_that_a_database_cannot_take_keeps_no_other_out(replica: Replica, script: Script) -> None:
    runner = replica()
    script.say("a\0b\ud800c")
    script.finish()
    turns = [await runner.start(Question("Why\0?\ud800", asker=ASKED.asker), f"t{number}") for number in range(3)]
    for turn_id in turns:
        _, ended = await told(runner.follow(turn_id))
        assert ended.is_kept
