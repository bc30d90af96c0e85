"""Turns as rows of the database, and back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from chat_app.answer import Answer
from chat_app.question import Exchange
from chat_app.store.turn_store import Row
from chat_app.turns.event import TurnEnded, TurnSearched, TurnState
from chat_app.turns.kept_answer import answer_json, kept_answer, kept_searched, searched_json
from chat_app.turns.live_turn import LiveTurn, storable

_NAME = 80


def thread_row(turn: LiveTurn) -> Row:
    """The thread that a turn opens, if there is none yet: it is called as its first question."""
    asker = turn.question.asker
    name = storable(" ".join(turn.question.text.split()))
    return {
        "id": turn.thread_id,
        "owner": asker.user,
        "visitor": "" if asker.user else asker.session,
        "name": name if len(name) <= _NAME else name[: _NAME - 1] + "…",
        "details": {},
        "created_at": turn.asked_at,
        "updated_at": turn.asked_at,
    }


def begun_row(turn: LiveTurn, runner: str) -> Row:
    """The whole row, as it is now."""
    question = turn.question
    return {
        "id": turn.id,
        "thread_id": turn.thread_id,
        "beat": 1,
        "is_stop_wanted": False,
        "runner": runner,
        "question": storable(question.text),
        "sources": list(question.sources) if question.sources is not None else None,
        "profile": question.profile,
        "user": question.asker.user,
        "session": question.asker.session,
        "asked_at": turn.asked_at,
        **ended_row(turn),
    }


def grown_row(turn: LiveTurn) -> Row:
    """Values for the statement that lets a turn grow."""
    return {"turn_id": turn.id, "new_said": turn.said, "new_searched": _searched(turn)}


def page_rows(turn: LiveTurn) -> list[Row]:
    """The pages that a turn may quote."""
    return [{"turn_id": turn.id, "source": source, "url_hash": page} for source, page in sorted(turn.pages)]


def ended_row(turn: LiveTurn) -> dict[str, Any]:
    """All columns that the end changes. `said` becomes the answer's own text, which may say more than was streamed."""
    answer = turn.answer
    return {
        "state": turn.state.value,
        "standalone": storable(standalone(turn)),
        "said": turn.said if answer is None else storable(answer.text),
        "searched": _searched(turn),
        "answer": None if answer is None else answer_json(answer),
        "error": turn.error,
        "model": "" if answer is None else answer.model,
        "input_tokens": 0 if answer is None else answer.usage.input_tokens,
        "output_tokens": 0 if answer is None else answer.usage.output_tokens,
        "cached_tokens": 0 if answer is None else answer.usage.cached_tokens,
        "cost": None if answer is None else answer.cost,
        "is_cached": answer is not None and answer.cached,
        "first_text_milliseconds": 0 if answer is None else answer.first_text_milliseconds,
        "milliseconds": 0 if answer is None else answer.milliseconds,
        "ended_at": turn.ended_at,
    }


def standalone(turn: LiveTurn) -> str:
    """The question as it was searched for."""
    return (turn.answer.standalone if turn.answer is not None else "") or turn.question.text


def ended_event(row: Mapping[str, Any]) -> TurnEnded:
    """What followers are told of a kept turn."""
    return TurnEnded(TurnState(row["state"]), row["said"], kept_answer(row["answer"]), row["error"])


@dataclass(frozen=True, slots=True)
class FoundTurn:
    """`author` is the name of whose turn it is."""

    author: str
    answer: Answer | None
    searched: TurnSearched | None


def found_turn(row: Mapping[str, Any]) -> FoundTurn:
    """Return a kept turn with whose it is."""
    author = row["user"] or row["session"]
    return FoundTurn(author, kept_answer(row["answer"]), kept_searched(row["searched"]))


def exchanges(rows: Sequence[Mapping[str, Any]]) -> list[Exchange]:
    """The thread's earlier turns, oldest first; passages of the last one only, cited ones first."""
    found = []
    for row in rows:
        answer = kept_answer(row.get("answer"))
        passages = {} if answer is None else {cited.chunk_id: cited.passage for cited in answer.citations}
        for scored in () if answer is None else answer.passages:
            passages.setdefault(scored.passage.chunk_id, scored.passage)
        found.append(Exchange(row["question"], row["standalone"], row["said"], tuple(passages.values())))
    return found


def _searched(turn: LiveTurn) -> str | None:
    return None if turn.searched is None else searched_json(turn.searched)
