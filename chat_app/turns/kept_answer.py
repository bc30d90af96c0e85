"""Answers and searches as JSON, whatever fields they have: what is added to them later is kept as well."""

from __future__ import annotations

import logging
from functools import cache
from typing import Any

from pydantic import TypeAdapter, ValidationError
from pydantic_core import PydanticSerializationError, to_json

from chat_app.answer import Answer
from chat_app.turns.event import TurnSearched

_LOG = logging.getLogger(__name__)


@cache
def _answers() -> TypeAdapter[Answer]:
    return TypeAdapter(Answer)


@cache
def _searches() -> TypeAdapter[TurnSearched]:
    return TypeAdapter(TurnSearched)


def answer_json(answer: Answer) -> str:
    try:
        return _answers().dump_json(answer).decode()
    except PydanticSerializationError:  # half a character, which JSON cannot hold
        return to_json(_storable(_answers().dump_python(answer))).decode()


def _storable(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()
    if isinstance(value, dict):
        return {name: _storable(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_storable(inner) for inner in value]
    return value


def searched_json(searched: TurnSearched) -> str:
    return _searches().dump_json(searched).decode()


def kept_answer(text: str | None) -> Answer | None:
    """Return the answer, or None where there is none or a version of long ago wrote it in another form."""
    if not text:
        return None
    try:
        return _answers().validate_json(text)
    except ValidationError as error:
        _LOG.warning("a kept answer cannot be read: %s", error.errors()[0]["msg"])
        return None


def kept_searched(text: str | None) -> TurnSearched | None:
    """As `kept_answer`."""
    try:
        return _searches().validate_json(text) if text else None
    except ValidationError:
        return None
