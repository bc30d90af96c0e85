"""What a follower of a turn is told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from chat_app.answer import Answer, Searched


class TurnState(StrEnum):
    """`lost` is a turn whose process ended before it did: nobody will finish it."""

    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    STOPPED = "stopped"
    LOST = "lost"


@dataclass(frozen=True, slots=True)
class TurnSearched:
    """What retrieval brought: a line per passage, best first, and the title of each source searched. `sought` as in
    `Searched`."""

    places: Sequence[str]
    titles: Mapping[str, str]
    milliseconds: int
    sought: tuple[str, ...] = ()

    @classmethod
    def of(cls, searched: Searched) -> TurnSearched:
        places = []
        for scored in searched.passages:
            close = "" if scored.dense is None else f" · similarity {scored.dense:.2f}"
            places.append((" › ".join(scored.passage.heading_path) or scored.passage.title) + close)
        titles = {release.source: release.title for release in searched.releases}
        return cls(tuple(places), titles, searched.milliseconds, searched.sought)


@dataclass(frozen=True, slots=True)
class TurnText:
    """Text that follows what was told before; `length` is that of all text so far, in characters."""

    text: str
    length: int


@dataclass(frozen=True, slots=True)
class TurnEnded:
    """The last event. `said` is all that was said: the answer's own text when it is done, which may differ from what
    was streamed, and then `answer` is there. `error` is markdown for the reader: why it failed, was lost, or what is
    missing. `is_kept` is False when the database did not take it, so that it is gone after a reload."""

    state: TurnState
    said: str
    answer: Answer | None = None
    error: str | None = None
    is_kept: bool = True
    cause: Exception | None = None


TurnEvent = TurnSearched | TurnText | TurnEnded
