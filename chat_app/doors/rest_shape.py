"""What the REST door takes."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import BaseModel, Field

from chat_app.question import Exchange
from data_contracts.passage import ScoredPassage

LONGEST = 4_000
"""Most characters of a question."""


class SearchRequest(BaseModel):
    """Words to search for; `sources` empty: every website that the caller may read."""

    question: str = Field(min_length=1, max_length=LONGEST, examples=["How does a recrawl work?"])
    sources: list[str] = Field(default=[], max_length=50, examples=[["handbook"]])
    limit: int = Field(default=8, ge=1, le=50, description="most passages")


class EarlierTurn(BaseModel):
    """A question that was asked before, and its answer."""

    question: str = Field(max_length=LONGEST)
    answer: str = Field(max_length=40_000)


class AnswerRequest(BaseModel):
    """A question, with what was said before it, oldest first."""

    question: str = Field(min_length=1, max_length=LONGEST, examples=["How does a recrawl work?"])
    sources: list[str] = Field(default=[], max_length=50, examples=[["handbook"]])
    history: list[EarlierTurn] = Field(default=[], max_length=100)
    profile: str = Field(default="", max_length=100, description="how it shall be answered; empty: the default")

    def exchanges(self) -> list[Exchange]:
        """The earlier turns as the pipeline takes them."""
        return [Exchange(turn.question, turn.question, turn.answer) for turn in self.history]


def passage_rows(passages: Sequence[ScoredPassage]) -> list[dict[str, object]]:
    """Return found passages as JSON values, best first."""
    return [
        {
            "source": scored.passage.source,
            "url": scored.passage.url,
            "title": scored.passage.title,
            "heading_path": list(scored.passage.heading_path),
            "anchor": scored.passage.anchor,
            "text": scored.passage.body,
            "score": round(scored.score, 6),
            "chunk_id": scored.passage.chunk_id,
            "fetched_at": scored.passage.fetched_at.isoformat(),
        }
        for scored in passages
    ]
