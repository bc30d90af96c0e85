"""Golden questions: what a source must be able to answer, written by a person in `<source>.questions.yaml`."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class GoldenQuestion(BaseModel):
    """A question, the page that answers it and words of that page that are the answer."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    question: str = Field(min_length=3)
    url: str = Field(description="the page that answers it; `/path` is on the host of the source's first start URL")
    quote: str = Field(min_length=3, description="words of the page that a passage must hold to count as found")
