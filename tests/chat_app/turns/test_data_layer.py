"""What the chat's page reads of conversations: one suite over SQLite and PostgreSQL."""

from __future__ import annotations

import warnings
from collections.abc import AsyncIterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from chat_app.interface import prepare_interface
from chat_app.people.session import Session
from chat_app.people.visit import Visit, enter
from chat_app.question import Asker, Question
from chat_app.store.database import open_database
from chat_app.store.thread_store import ThreadStore
from chat_app.thread_view import running_turn
from chat_app.turn_log import TurnLog
from chat_app.turns.event import TurnState
from chat_app.turns.runner import TurnRunner
from data_contracts.chat_turn import FEEDBACK
from lake import Lake
from tests.chat_app.turns.conftest import Replica, Script, told

if TYPE_CHECKING:
    from chat_app.data_layer import DataLayer

ADA, EVE = Asker(user="ada", session="ada"), Asker(session="visitor-eve")


@pytest.fixture(scope="module", autouse=True)
def toolkit(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The toolkit's types. It writes where its environment says, and warns of its own age, when it is imported."""
    prepare_interface(tmp_path_factory.mktemp("interface"), origins=[], secret="0" * 64)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import chainlit.types

    return chainlit.types


@pytest.fixture
async def layer(replica: Replica, database_url: str, tmp_path: Path) -> AsyncIterator[DataLayer]:
    from chat_app.data_layer import DataLayer

    database, log = open_database(database_url), TurnLog(Lake(str(tmp_path / "lake")))
    yield DataLayer(database, log)
    log.close()
    await database.close()


async def said(runner: TurnRunner, asker: Asker, thread: str, question: str) -> str:
    turn_id = await runner.start(Question(question, asker=asker), thread)
    await told(runner.follow(turn_id))
    return turn_id


def comes(asker: Asker) -> None:
    """Let the requests that follow be somebody's."""
    enter({}, Visit(session=Session(asker.session, "")))


async def listed(
    layer: DataLayer, who: str, *, first: int = 10, cursor: str | None = None, **wanted: object
) -> list[str]:
    from chainlit.types import Pagination, ThreadFilter

    filters = ThreadFilter(userId=who, **wanted)  # type: ignore[arg-type]  # named by the test
    page = await layer.list_threads(Pagination(first=first, cursor=cursor), filters)
    return [thread["id"] for thread in page.data]


async def test_a_conversation_is_rebuilt_with_its_passages_and_judgements(
    replica: Replica, script: Script, layer: DataLayer, toolkit: Any
) -> None:
    script.say("In late spring [1].")
    script.finish()
    turn_id = await said(replica(), ADA, "t1", "When do bees swarm?")
    comes(ADA)
    await layer.upsert_feedback(toolkit.Feedback(forId=turn_id, value=0, comment="too short"))
    thread = await layer.get_thread("t1")
    assert thread is not None
    assert (thread["name"], thread["userIdentifier"]) == ("When do bees swarm?", "ada")
    question, run, search, answer = thread["steps"]
    assert (question["type"], question["output"]) == ("user_message", "When do bees swarm?")
    assert (run["id"], run["type"], answer["parentId"]) == (turn_id, "run", turn_id)
    assert run["feedback"] is not None
    assert (run["feedback"]["value"], run["feedback"]["comment"]) == (0, "too short")
    assert "1. Keeping bees › Swarming" in search["output"]
    assert answer["output"].startswith("In late spring [1].\n\n*A note.*\n\n*script")
    elements = thread["elements"]
    assert elements is not None
    assert [element["name"] for element in elements][:2] == ["[1]", "[2]"]
    assert elements[0]["url"] == f"/citation/{turn_id}/1"
    assert await layer.get_element("t1", str(elements[0]["id"])) == elements[0]
    assert running_turn(thread) is None
    await layer.delete_feedback(turn_id)
    again = await layer.get_thread("t1")
    assert again is not None
    assert again["steps"][1]["feedback"] is None


async def test_a_running_turn_is_told_without_an_answer_yet(replica: Replica, script: Script, layer: DataLayer) -> None:
    runner = replica()
    turn_id = await runner.start(Question("When?", asker=ADA), "t1")
    thread = await layer.get_thread("t1")
    assert thread is not None
    assert running_turn(thread) == turn_id
    assert "assistant_message" not in [step["type"] for step in thread["steps"]]


async def test_everybody_is_shown_their_own_conversations_page_by_page(
    replica: Replica, script: Script, layer: DataLayer
) -> None:
    runner = replica()
    script.finish()
    for number in range(5):
        await said(runner, ADA, f"a{number}", f"Question {number} about 100% honey?")
    await said(runner, EVE, "e1", "What does Eve ask?")
    await said(runner, ADA, "a0", "And again?")
    assert await listed(layer, "ada") == ["a0", "a4", "a3", "a2", "a1"]
    assert await listed(layer, "ada", first=2) == ["a0", "a4"]
    assert await listed(layer, "ada", first=2, cursor="a4") == ["a3", "a2"]
    assert await listed(layer, "ada", first=2, cursor="a2") == ["a1"]
    assert await listed(layer, "visitor-eve") == ["e1"]
    assert await listed(layer, "") == []
    assert await listed(layer, "ada", search="QUESTION 3") == ["a3"]
    assert await listed(layer, "ada", search="again") == ["a0"]
    assert await listed(layer, "ada", search="0%_") == []
    assert await listed(layer, "visitor-eve", search="honey") == []
    assert [await layer.get_thread_author(name) for name in ("a0", "e1", "none")] == ["ada", "visitor-eve", ""]


async def test_conversations_are_found_by_judgement(
    replica: Replica, script: Script, layer: DataLayer, toolkit: Any
) -> None:
    runner = replica()
    script.finish()
    good = await said(runner, ADA, "t1", "Good?")
    bad = await said(runner, ADA, "t2", "Bad?")
    comes(ADA)
    await layer.upsert_feedback(toolkit.Feedback(forId=good, value=1))
    await layer.upsert_feedback(toolkit.Feedback(forId=bad, value=1))
    await layer.upsert_feedback(toolkit.Feedback(forId=bad, value=0))
    await layer.upsert_feedback(toolkit.Feedback(forId="unknown", value=0))
    assert await listed(layer, "ada", feedback=1) == ["t1"]
    assert await listed(layer, "ada", feedback=0) == ["t2"]


async def test_nobody_judges_what_somebody_else_was_told(
    replica: Replica, script: Script, layer: DataLayer, toolkit: Any, tmp_path: Path
) -> None:
    script.finish()
    turn_id = await said(replica(), ADA, "t1", "Good?")
    comes(ADA)
    await layer.upsert_feedback(toolkit.Feedback(forId=turn_id, value=1, comment="half \ud800\0 a character"))
    for other in (EVE, Asker()):
        comes(other)
        await layer.upsert_feedback(toolkit.Feedback(forId=turn_id, value=0))
        await layer.delete_feedback(turn_id)
    assert await listed(layer, "ada", feedback=1) == ["t1"]
    layer._log.close()
    (kept,) = Lake(str(tmp_path / "lake")).scan(FEEDBACK).collect().to_dicts()
    assert (kept["judgement"], kept["comment"]) == ("up", "half ? a character")


async def test_the_toolkit_s_own_way_to_share_opens_nothing(replica: Replica, script: Script, layer: DataLayer) -> None:
    script.finish()
    await said(replica(), ADA, "t1", "Secret?")
    await layer.update_thread("t1", metadata={"is_shared": True, "shared_at": "now", "chat_profile": "fast"})
    thread = await layer.get_thread("t1")
    assert thread is not None
    assert thread["metadata"] == {"chat_profile": "fast"}


async def test_a_conversation_is_renamed_and_deleted(replica: Replica, script: Script, layer: DataLayer) -> None:
    runner = replica()
    turn_id = await runner.start(Question("When?", asker=ADA), "t1")
    await layer.update_thread("t1", name="the toolkit's own name", user_id="ada")
    await layer.update_thread("t1", name="Swarming")
    await layer.update_thread("t1", metadata={"chat_profile": "fast"})
    thread = await layer.get_thread("t1")
    assert thread is not None
    assert (thread["name"], thread["metadata"]) == ("Swarming", {"chat_profile": "fast"})
    await layer.delete_thread("t1")
    assert await layer.get_thread("t1") is None
    _, ended = await told(runner.follow(turn_id))
    assert ended.state is TurnState.STOPPED
    assert await ThreadStore(runner.store.database).author_of_turn(turn_id) == ""


async def test_a_long_question_names_its_conversation_in_short(
    replica: Replica, script: Script, layer: DataLayer
) -> None:
    script.finish()
    await said(replica(), ADA, "t1", "why\n" * 100)
    thread = await layer.get_thread("t1")
    assert thread is not None
    assert thread["name"] == "why " * 19 + "why…"
    assert await layer.get_thread("nothing") is None
