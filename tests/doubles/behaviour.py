"""How a double of a model provider behaves, told by the model's name: a test reads like what it is about."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

PIECE = 7
"""Characters of one streamed piece, short enough to cut markers and words."""


@dataclass(frozen=True, slots=True)
class Behaviour:
    """What happens to one request.

    `status` is answered instead of a stream, with `retry_after` seconds where given; only to the first `times` requests
    for the model, where `times` is given. After `pieces` pieces (None: all) the stream does `then`: "stop" properly,
    "stall", "break" the connection, send an "error" of its own, or stop for its "length". `usage` is whether tokens are
    counted; `text` None means the double's own.
    """

    status: int = 200
    retry_after: float | None = None
    times: int | None = None
    pieces: int | None = None
    then: str = "stop"
    usage: bool = True
    text: str | None = None


_GOOD = Behaviour()
_NAMED = {
    "silent": Behaviour(pieces=0, then="stall"),
    "stalls": Behaviour(pieces=2, then="stall"),
    "broken": Behaviour(pieces=2, then="break"),
    "error": Behaviour(pieces=2, then="error"),
    "refuses-at-once": Behaviour(pieces=0, then="error"),
    "uncounted": Behaviour(usage=False),
    "empty": Behaviour(text=""),
    "long-winded": Behaviour(pieces=2, then="length"),
    "throttled-once": Behaviour(status=429, retry_after=0.01, times=1),
    "throttled-long": Behaviour(status=429, retry_after=3600.0),
    "throttled": Behaviour(status=429),
}


def behaviour_of(model: str, asked_before: int) -> Behaviour:
    """Return how `model` answers after so many requests: "good" and unknown names stream the text, a number is
    answered as that status, and the names above do what they say."""
    if model.isdigit():
        return Behaviour(status=int(model))
    name = re.sub(r"^.*[./]", "", model)
    found = _NAMED.get(name, _GOOD)
    if found.times is not None and asked_before >= found.times:
        return replace(found, status=200)
    return found


def pieces_of(text: str) -> list[str]:
    """Cut a text as a model streams it."""
    return [text[at : at + PIECE] for at in range(0, len(text), PIECE)]
