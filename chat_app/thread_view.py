"""A kept thread as the chat's page takes it: steps and elements, rebuilt from its turns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from chat_app.answer import Answer
from chat_app.shown_turn import (
    COST,
    RECEIPT,
    SEARCHING,
    citation_path,
    ended_text,
    has_receipt,
    marker_of,
    search_line,
    search_list,
)
from chat_app.turns.event import TurnState
from chat_app.turns.kept_answer import kept_answer, kept_searched
from chat_app.turns.turn_row import ended_event

if TYPE_CHECKING:
    from chainlit.element import ElementDict
    from chainlit.step import StepDict
    from chainlit.types import FeedbackDict, ThreadDict

Row = Mapping[str, Any]


def thread_dict(thread: Row, turns: Sequence[Row] = (), judgements: Mapping[str, Row] | None = None) -> ThreadDict:
    """Return a thread; without turns, as it stands in the list of threads."""
    return {
        "id": thread["id"],
        "createdAt": _time(thread["created_at"]),
        "name": thread["name"],
        "userId": thread["author"],
        "userIdentifier": thread["author"],
        "tags": [],
        "metadata": dict(thread["details"]),
        "steps": [step for turn in turns for step in _steps(turn, (judgements or {}).get(turn["id"]))],
        "elements": [element for turn in turns for element in _elements(turn)],
    }


def running_turn(thread: ThreadDict) -> str | None:
    """Return the turn that runs in a thread, if one does."""
    for step in reversed(thread["steps"]):
        if step["type"] == "run":
            return step["id"] if step["metadata"].get("state") == TurnState.RUNNING else None
    return None


def _steps(turn: Row, judgement: Row | None) -> list[StepDict]:
    """The question, the run that the page judges, the search, and the answer; no answer yet while the turn runs."""
    searched = kept_searched(turn["searched"])
    question = f"{turn['id']}-question"
    steps = [
        _step(turn, question, "user_message", "You", turn["question"]),
        _step(turn, turn["id"], "run", "on_message", "", parent=question, feedback=_feedback(judgement)),
    ]
    if searched is not None:
        name, places = search_line(searched), search_list(searched)
        steps.append(_step(turn, search_id(turn["id"]), "tool", name, places, parent=turn["id"]))
    if turn["state"] != TurnState.RUNNING:
        said = ended_text(ended_event(turn), searched)
        steps.append(_step(turn, answer_id(turn["id"]), "assistant_message", "LoreChat", said, parent=turn["id"]))
    return steps


def _step(
    turn: Row, step_id: str, kind: Any, name: str, output: str, *, parent: str | None = None, feedback: Any = None
) -> StepDict:
    time = _time(turn["asked_at"])
    return {
        "id": step_id,
        "threadId": turn["thread_id"],
        "parentId": parent,
        "type": kind,
        "name": name or SEARCHING,
        "input": "",
        "output": output,
        "createdAt": time,
        "start": time,
        "end": _time(turn["ended_at"] or turn["asked_at"]),
        "streaming": False,
        "isError": False,
        "waitForAnswer": False,
        "metadata": {"state": turn["state"]},
        "tags": [],
        "feedback": feedback,
    }


def answer_id(turn_id: str) -> str:
    return f"{turn_id}-answer"


def search_id(turn_id: str) -> str:
    return f"{turn_id}-search"


def element_id(turn_id: str, number: int) -> str:
    return f"{turn_id}-{number}"


def _elements(turn: Row) -> list[ElementDict]:
    answer = kept_answer(turn["answer"])
    return [] if answer is None else element_dicts(turn["id"], turn["thread_id"], answer)


def element_dicts(turn_id: str, thread_id: str, answer: Answer) -> list[ElementDict]:
    """Return what the markers of an answer open: addresses on the chat, so that nothing need be stored."""
    marker = marker_of(answer)
    names = {citation.number: marker.format(citation.number) for citation in answer.citations}
    if has_receipt(answer):
        names[RECEIPT] = COST
    return [
        {
            "id": element_id(turn_id, number),
            "threadId": thread_id,
            "type": "text",
            "url": citation_path(turn_id, number),
            "name": name,
            "display": "side",
            "forId": answer_id(turn_id),
            "mime": "text/plain",
        }
        for number, name in names.items()
    ]


def _feedback(judgement: Row | None) -> FeedbackDict | None:
    if judgement is None:
        return None
    value: Any = 1 if judgement["is_good"] else 0
    return {
        "id": judgement["id"],
        "forId": judgement["turn_id"],
        "value": value,
        "comment": judgement["comment"],
    }


def _time(instant: datetime) -> str:
    return instant.isoformat().replace("+00:00", "Z")
