"""What is asked, by whom, and what was said before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from data_contracts.passage import Passage


@dataclass(frozen=True, slots=True)
class Asker:
    """Who asks. `user` is a stable name, "" for somebody unknown; `address` is the network address; `session` is the
    browser's session or the API key's id. `roles` are "reader", "curator", "admin". `sources` are those that this
    person may read, None for all. `daily_dollars` is the most that the session's answers may cost in a day, None for
    what the settings allow."""

    user: str = ""
    address: str = ""
    session: str = ""
    roles: frozenset[str] = frozenset({"reader"})
    sources: frozenset[str] | None = None
    daily_dollars: float | None = None


@dataclass(frozen=True, slots=True)
class Exchange:
    """An earlier turn of the same thread. `standalone` is the question as it was searched for; `passages` are those
    that the answer was made from, cited ones first."""

    question: str
    standalone: str
    answer: str
    passages: Sequence[Passage] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True)
class Question:
    """One question. `sources` are those chosen (None: all that the asker may read); `history` is the thread's earlier
    turns, oldest first; `profile` names how it shall be answered, "" for the default.

    The pipeline adds `standalone`, the question as it can be understood without its history and is searched for, and
    `flags`, what the input shields noticed without refusing it.
    """

    text: str
    sources: Sequence[str] | None = None
    history: Sequence[Exchange] = ()
    asker: Asker = Asker()
    profile: str = ""
    standalone: str = ""
    flags: tuple[str, ...] = ()

    @property
    def sought(self) -> str:
        """What to look for: the standalone question where there is one, else the question itself."""
        return self.standalone or self.text
